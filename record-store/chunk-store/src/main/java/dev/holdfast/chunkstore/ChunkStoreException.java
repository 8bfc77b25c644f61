package dev.holdfast.chunkstore;

import org.jspecify.annotations.Nullable;

/** What the chunk store throws; the subtypes say who has to act, and how. */
public abstract sealed class ChunkStoreException extends RuntimeException
        permits ChunkCorruptException,
                ChunkDigestException,
                ChunkLostException,
                StorageFullException,
                StorageUnavailableException,
                StorageUnsuitableException {
    private static final long serialVersionUID = 1L;

    ChunkStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Without a stack: of what a sender did wrong, and can do a thousand times in one body. */
    ChunkStoreException(String message) {
        super(message, null, false, false);
    }
}
