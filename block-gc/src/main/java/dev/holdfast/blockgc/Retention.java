package dev.holdfast.blockgc;

/**
 * Ends versions and trash that their namespace's policy does not keep. What only they needed is
 * doomed in the same transactions, and collected after that.
 */
public interface Retention {
    /** Nothing expires by itself. */
    Retention NONE = (all, progress) -> {};

    /**
     * Ends what has expired.
     *
     * @param all whatever the policies say
     */
    void run(boolean all, Progress progress);

    /** Told now and then. */
    interface Progress {
        /**
         * Says how many transactions had something to do.
         *
         * @throws RuntimeException when the run has to stop
         */
        void stepped(int steps);
    }
}
