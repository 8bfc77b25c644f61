package dev.holdfast.embeddedfdb.bindingtester;

/**
 * Thrown by the model where more than one outcome is right: a read whose limits and selectors let a
 * database choose how much of what it passed over counts as read.
 */
final class Ambiguous extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Ambiguous(String what) {
        super(what);
    }
}
