package dev.holdfast.embeddedfdb.engine;

import org.jspecify.annotations.Nullable;

/** Failures on demand, for testing the code above a database. */
@FunctionalInterface
public interface Faults {
    /** No failures. */
    Faults NONE = request -> null;

    /** What befalls a commit. */
    enum Fate {
        /** Not committed. */
        REFUSE,
        /** Committed, unless something real is against it. */
        COMMIT
    }

    /**
     * A failure.
     *
     * @param fate what really happens
     * @param error what the caller is told; null for the truth, which a refusal must not have
     * @param delayMillis how much later the caller is told, in milliseconds
     */
    record Fault(Fate fate, @Nullable FdbError error, long delayMillis) {
        public Fault {
            if (fate == Fate.REFUSE && error == null) {
                throw new IllegalArgumentException("a refused commit needs an error");
            }
        }
    }

    /** The failure for this commit, or null for none. */
    @Nullable Fault onCommit(CommitRequest request);
}
