package dev.holdfast.chunkstore;

import org.jspecify.annotations.Nullable;

/** HDFS or the rows cannot serve now; the same call may succeed later (503). */
public final class StorageUnavailableException extends ChunkStoreException {
    private static final long serialVersionUID = 1L;

    public StorageUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
