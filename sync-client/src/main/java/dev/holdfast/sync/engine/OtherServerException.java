package dev.holdfast.sync.engine;

import java.io.IOException;

/** The server is not the one, or does not hold the namespace, that the state belongs to. */
public final class OtherServerException extends IOException {
    private static final long serialVersionUID = 1L;

    public OtherServerException(String message) {
        super(message);
    }
}
