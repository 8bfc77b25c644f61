package dev.holdfast.metadata;

/** Another worker has taken the work over: stop it, its transactions have no effect any more. */
public final class LeaseLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LeaseLostException(String work) {
        super("the work belongs to another worker now: " + work);
    }
}
