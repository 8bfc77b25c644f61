package dev.holdfast.chunkstore;

import java.io.IOException;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;
import org.jspecify.annotations.Nullable;

/** Turns what HDFS throws into what callers can act on. */
final class StorageFailures {
    private static final int CAUSES_MAX = 8;

    private StorageFailures() {}

    /** Full or unavailable: the two need different people. */
    static ChunkStoreException onWrite(String message, Throwable cause, PackFiles files) {
        if (saysFull(cause) || (cause instanceof IOException && files.full())) {
            return new StorageFullException(
                    message + ": HDFS has no room left; add space or raise its quota", cause);
        }
        return new StorageUnavailableException(message + ": " + cause.getMessage(), cause);
    }

    private static boolean saysFull(Throwable failure) {
        @Nullable Throwable at = failure;
        for (int depth = 0; at != null && depth < CAUSES_MAX; depth++) {
            if (at instanceof QuotaExceededException
                    || String.valueOf(at.getMessage()).contains("No space left on device")) {
                return true;
            }
            at = at.getCause();
        }
        return false;
    }
}
