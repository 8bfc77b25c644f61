package dev.holdfast.blockgc;

import dev.holdfast.metadata.PolicySurvey;
import dev.holdfast.metadata.Upkeep;

/** {@link Retention} by the policies that the metadata keeps. */
public final class UpkeepRetention implements Retention {
    /** Transactions between two looks at whether to go on. */
    private static final int STEPS = 50;

    private final Upkeep upkeep;

    public UpkeepRetention(Upkeep upkeep) {
        this.upkeep = upkeep;
    }

    @Override
    public void run(boolean all, Progress progress) {
        int steps;
        do {
            steps = all ? upkeep.expireAll(STEPS) : 0;
            steps += upkeep.retain(STEPS);
            // Large folders are purged by jobs, which the steps above may have begun.
            steps += upkeep.runJobs(STEPS);
            progress.stepped(steps);
        } while (steps > 0);
    }

    @Override
    public PolicySurvey survey(boolean all, int rowsMax) {
        return upkeep.survey(all, rowsMax);
    }
}
