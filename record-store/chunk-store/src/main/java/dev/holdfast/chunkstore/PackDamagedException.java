package dev.holdfast.chunkstore;

import java.io.IOException;

/** Bytes of a pack that do not follow the format; the message says which and where. */
public final class PackDamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    public PackDamagedException(String message) {
        super(message);
    }
}
