package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.CommitRequest;
import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.FdbError;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Failures drawn from a seed, so that code above a database is exercised with what a real cluster
 * does now and then: conflicts, commits whose outcome is unknown (some committed, some not), old
 * and future versions, a storage that lags, and answers that come late and so out of order. The
 * same seed and the same order of commits give the same failures.
 *
 * <p>For tests: it is given in code when a database is opened, and nothing else turns it on.
 */
public final class FaultPlan implements Faults {
    private static final FdbError[] REFUSALS = {
        FdbError.NOT_COMMITTED,
        FdbError.COMMIT_UNKNOWN_RESULT,
        FdbError.TRANSACTION_TOO_OLD,
        FdbError.FUTURE_VERSION,
        FdbError.PROCESS_BEHIND,
    };

    private final Random random;
    private final int percent;
    private final int delayMillisMax;
    private volatile boolean active = true;

    /**
     * A plan.
     *
     * @param seed of the draws
     * @param percent how many commits in a hundred fail
     * @param delayMillisMax longest delay of an answer, in milliseconds; 0 for none
     */
    public FaultPlan(long seed, int percent, int delayMillisMax) {
        if (percent < 0 || percent > 100 || delayMillisMax < 0) {
            throw new IllegalArgumentException("percent is 0 to 100, the delay is not negative");
        }
        random = new Random(seed);
        this.percent = percent;
        this.delayMillisMax = delayMillisMax;
    }

    /** No more failures from now on, such as for a test's final check. */
    public void stop() {
        active = false;
    }

    /** Called by the commit thread, in the order of commits. */
    @Override
    public @Nullable Fault onCommit(CommitRequest request) {
        if (!active) {
            return null;
        }
        long delayMillis = delayMillisMax == 0 ? 0 : random.nextInt(delayMillisMax + 1);
        if (random.nextInt(100) >= percent) {
            return delayMillis == 0 ? null : new Fault(Fate.COMMIT, null, delayMillis);
        }
        int draw = random.nextInt(REFUSALS.length + 1);
        return draw == REFUSALS.length
                ? new Fault(Fate.COMMIT, FdbError.COMMIT_UNKNOWN_RESULT, delayMillis)
                : new Fault(Fate.REFUSE, REFUSALS[draw], delayMillis);
    }
}
