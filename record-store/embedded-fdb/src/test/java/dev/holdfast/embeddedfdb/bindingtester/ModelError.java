package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.FDBException;

/** An error by its code, answering for itself whether it can be tried again. */
final class ModelError extends FDBException {
    private static final long serialVersionUID = 1L;

    ModelError(int code) {
        super("error " + code, code);
    }

    /** The codes that the real client's {@code onError} accepts. */
    static boolean retried(int code) {
        return switch (code) {
            case 1007, 1009, 1020, 1021, 1037, 1038, 1042, 1051, 1213, 2137 -> true;
            default -> false;
        };
    }

    @Override
    public boolean isRetryable() {
        return retried(getCode());
    }

    @Override
    public boolean isRetryableNotCommitted() {
        return retried(getCode()) && getCode() != 1021;
    }

    @Override
    public boolean isMaybeCommitted() {
        return getCode() == 1021;
    }

    @Override
    public boolean isSuccess() {
        return false;
    }

    @Override
    public Exception retargetClone() {
        return new ModelError(getCode());
    }
}
