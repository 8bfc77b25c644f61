package dev.holdfast.embeddedfdb.engine;

/**
 * Tells, without the cost of a stack trace, that a read that may not wait for the disk met a block
 * that is not in memory.
 */
public final class NotInMemory extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotInMemory() {
        super("not in memory", null, false, false);
    }
}
