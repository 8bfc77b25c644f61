package dev.holdfast.chunkstore;

import org.jspecify.annotations.Nullable;

/** HDFS has no room left, or its quota is used up (507); nothing was acknowledged. */
public final class StorageFullException extends ChunkStoreException {
    private static final long serialVersionUID = 1L;

    public StorageFullException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
