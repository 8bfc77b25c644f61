package dev.holdfast.embeddedfdb.engine;

import com.apple.foundationdb.FDBException;

/**
 * FoundationDB's exception without the native library: the binding asks native code which errors
 * are retryable, this class answers from the same lists ({@code fdb_error_predicate} of the C
 * client, 7.1.26).
 */
public final class EmbeddedFdbException extends FDBException {
    private static final long serialVersionUID = 1L;

    public EmbeddedFdbException(String message, int code) {
        super(message, code);
    }

    /** The predicates by code, for exceptions that were not made by this engine. */
    public static boolean retryable(int code) {
        return maybeCommitted(code) || retryableNotCommitted(code);
    }

    private static boolean maybeCommitted(int code) {
        return code == 1021 || code == 1039;
    }

    private static boolean retryableNotCommitted(int code) {
        return switch (code) {
            case 1020, 1007, 1009, 1038, 1042, 1051, 1037, 1213, 2137 -> true;
            default -> false;
        };
    }

    @Override
    public boolean isRetryable() {
        return retryable(getCode());
    }

    @Override
    public boolean isMaybeCommitted() {
        return maybeCommitted(getCode());
    }

    @Override
    public boolean isRetryableNotCommitted() {
        return retryableNotCommitted(getCode());
    }

    @Override
    public boolean isSuccess() {
        return getCode() == 0;
    }

    @Override
    public Exception retargetClone() {
        EmbeddedFdbException clone =
                new EmbeddedFdbException(String.valueOf(getMessage()), getCode());
        clone.initCause(this);
        return clone;
    }
}
