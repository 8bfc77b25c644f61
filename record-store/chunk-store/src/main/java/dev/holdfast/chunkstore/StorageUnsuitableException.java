package dev.holdfast.chunkstore;

import org.jspecify.annotations.Nullable;

/**
 * The HDFS at hand cannot keep the store's promises; the message says what to change. Thrown at
 * start only.
 */
public final class StorageUnsuitableException extends ChunkStoreException {
    private static final long serialVersionUID = 1L;

    public StorageUnsuitableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
