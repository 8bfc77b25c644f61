package dev.holdfast.gateway.http;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.record.provider.foundationdb.FDBExceptions;
import dev.holdfast.metadata.MetadataUnavailableException;
import java.util.concurrent.TimeoutException;

/** Tells a store that cannot serve now from a defect. */
final class Outages {
    private static final int CAUSES_MAX = 16;

    private Outages() {}

    static boolean isOutage(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; i < CAUSES_MAX && cause != null; i++) {
            if (cause instanceof FDBException
                    || cause instanceof MetadataUnavailableException
                    || cause instanceof FDBExceptions.FDBStoreRetriableException
                    || cause instanceof TimeoutException) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }
}
