package dev.holdfast.sync.disk;

/** What came of a change of the disk. */
public sealed interface Change {
    /**
     * Done.
     *
     * @param entry what stands there now; what was put there when it is gone again already
     */
    record Done(DiskEntry entry) implements Change {}

    /** The disk is not in the expected state: look again, and decide again. Nothing was changed. */
    record Stale() implements Change {}

    /**
     * The disk refuses; nothing was changed.
     *
     * @param reason in words for a person, with what to do
     */
    record Refused(String reason) implements Change {}
}
