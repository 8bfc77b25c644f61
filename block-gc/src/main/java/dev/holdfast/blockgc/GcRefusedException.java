package dev.holdfast.blockgc;

/** A guard stopped a run before it did what it guards; the message says what to do. */
public final class GcRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** Which guard. */
    public enum Reason {
        /** More would go at once than is plausible. */
        TOO_MUCH,
        /** A pack in the trash is still needed: an invariant is broken. */
        INSPECTION
    }

    GcRefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
