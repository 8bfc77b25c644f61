package dev.holdfast.embeddedfdb.engine;

import org.jspecify.annotations.Nullable;

/** Failures on demand, for testing the code above a database. */
public interface Faults {
    /** No failures. */
    Faults NONE = request -> null;

    /** What befalls a commit. */
    enum Fate {
        /** Not committed, and the caller is told so with this fate's error. */
        REFUSE,
        /** Committed, but the caller is told that the outcome is unknown. */
        COMMIT_BUT_UNKNOWN
    }

    /**
     * A failure.
     *
     * @param fate what really happens
     * @param error what the caller is told
     */
    record Fault(Fate fate, FdbError error) {}

    /** The failure for this commit, or null for none. */
    @Nullable Fault onCommit(CommitRequest request);
}
