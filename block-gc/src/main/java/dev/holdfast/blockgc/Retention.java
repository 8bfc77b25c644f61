package dev.holdfast.blockgc;

import dev.holdfast.metadata.PolicySurvey;

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

    /**
     * What is kept, and what would be ended; changes nothing. By default nothing expires, so
     * nothing is said of it.
     *
     * @param all as for {@link #run}
     * @param rowsMax read of each kind at most
     */
    default PolicySurvey survey(boolean all, int rowsMax) {
        return PolicySurvey.NOTHING;
    }

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
