package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.FDBException;
import org.jspecify.annotations.Nullable;

/** Looks into failures. */
final class Failures {
    private Failures() {}

    /** The error's code, looked for along the causes. */
    static int code(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null) {
            if (cause instanceof FDBException error) {
                return error.getCode();
            }
            cause = cause.getCause();
        }
        throw new AssertionError("no FDBException", failure);
    }
}
