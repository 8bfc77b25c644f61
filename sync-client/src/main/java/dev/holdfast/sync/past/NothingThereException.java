package dev.holdfast.sync.past;

import java.io.IOException;

/** There is nothing to be brought back as it was asked for; the message says what there is. */
public final class NothingThereException extends IOException {
    private static final long serialVersionUID = 1L;

    NothingThereException(String message) {
        super(message);
    }
}
