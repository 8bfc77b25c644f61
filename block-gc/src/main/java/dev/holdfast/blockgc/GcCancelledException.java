package dev.holdfast.blockgc;

/** Somebody cancelled the run; what it did stays done. */
final class GcCancelledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GcCancelledException() {
        super("the run was cancelled");
    }
}
