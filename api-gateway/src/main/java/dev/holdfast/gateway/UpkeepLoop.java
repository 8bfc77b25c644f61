package dev.holdfast.gateway;

import dev.holdfast.metadata.Upkeep;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what time asks of a cell, where no worker of its own does it: goes on with jobs, and drops
 * what is not to be kept any longer. One thread, small steps; a failure costs a period.
 */
public final class UpkeepLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UpkeepLoop.class);
    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(10);

    /** Steps before the loop looks whether it has to end. */
    private static final int STEPS = 16;

    private final Upkeep upkeep;
    private final Duration period;
    private final int periodsPerRetention;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    /**
     * Starts the loop.
     *
     * @param period between looks for jobs
     * @param periodsPerRetention how many of them pass between looks at what has had its time
     */
    public UpkeepLoop(Upkeep upkeep, Duration period, int periodsPerRetention) {
        this.upkeep = upkeep;
        this.period = period;
        this.periodsPerRetention = periodsPerRetention;
        this.thread = Thread.ofPlatform().name("upkeep").daemon().start(this::run);
    }

    private void run() {
        try {
            int periods = 0;
            while (!stop.await(period.toMillis(), TimeUnit.MILLISECONDS)) {
                periods++;
                boolean retention = periods % periodsPerRetention == 0;
                try {
                    work(retention);
                } catch (RuntimeException e) {
                    LOG.warn("upkeep failed and is tried again in {}", period, e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void work(boolean retention) {
        if (retention) {
            upkeep.retain(STEPS);
        }
        int steps = STEPS;
        while (steps > 0 && stop.getCount() > 0) {
            steps = upkeep.runJobs(STEPS);
        }
    }

    /** Ends after the step in progress. */
    @Override
    public void close() {
        stop.countDown();
        try {
            if (!thread.join(CLOSE_WAIT_MAX)) {
                LOG.warn("upkeep does not end; its step is repeated after the next start");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
