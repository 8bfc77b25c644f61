package dev.holdfast.blockgc;

import dev.holdfast.metadata.jobs.JobStoppedException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Gives way when FoundationDB or HDFS becomes slow.
 *
 * <p>After a step that took {@code t}, the thread waits so long that it worked a certain share of
 * the time. A store that is twice as slow is thereby asked half as often, before anything is
 * decided. The share itself follows what steps cost: each kind of step has a best cost per unit,
 * which drifts upwards slowly so that it follows a store that changed for good, and a recent one.
 * Is the recent one a multiple of the best, somebody else needs the store, and the share falls by a
 * fifth; otherwise it rises by a fiftieth of the whole, up to its maximum. That is the rule by
 * which TCP shares a line: several workers that know nothing of each other end up with equal
 * shares.
 *
 * <p>A unit's cost contains a fixed part, as if so many units more had been done, because the
 * batches of a run end with a small one. Rewriting has a limit of bytes a second, too.
 */
public final class AdaptivePacer implements Pacer {
    private static final double RISE = 0.02;
    private static final double FALL = 0.8;
    private static final double RECENT_WEIGHT = 0.2;
    private static final double BEST_DRIFT = 0.002;

    /** Waits, and nothing else. */
    interface Sleeper {
        void sleep(long nanos) throws InterruptedException;
    }

    private final PaceConfig config;
    private final LongSupplier nanoTime;
    private final Sleeper sleeper;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Step, Gauge> gauges = new EnumMap<>(Step.class);

    AdaptivePacer(PaceConfig config, LongSupplier nanoTime, Sleeper sleeper) {
        this.config = config;
        this.nanoTime = nanoTime;
        this.sleeper = sleeper;
        for (Step step : Step.values()) {
            gauges.put(step, new Gauge(config.busyShareMax()));
        }
    }

    /** By the clock of this process. */
    public static AdaptivePacer system(PaceConfig config) {
        return new AdaptivePacer(config, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
    }

    /** What is known of one kind of step; guarded by the lock. */
    private static final class Gauge {
        private double best;
        private double recent;
        private double share;

        Gauge(double share) {
            this.share = share;
        }

        void saw(PaceConfig config, double cost, long nanos) {
            recent = recent == 0 ? cost : recent + RECENT_WEIGHT * (cost - recent);
            best = best == 0 || cost < best ? cost : best + BEST_DRIFT * (cost - best);
            boolean slow =
                    nanos > config.quickStep().toNanos() && recent > config.slowFactor() * best;
            share =
                    slow
                            ? Math.max(config.busyShareMin(), share * FALL)
                            : Math.min(config.busyShareMax(), share + RISE);
        }
    }

    /** What a step costs before it does anything, in units. */
    private static long fixedUnits(Step step) {
        return switch (step) {
            case ROWS -> 20;
            case COPY -> 256 << 10;
            case FILE -> 1;
        };
    }

    private Gauge gauge(Step step) {
        return Objects.requireNonNull(gauges.get(step), "made for each step");
    }

    @Override
    public long nanos() {
        return nanoTime.getAsLong();
    }

    @Override
    public void stepped(Step step, long units, long nanos) {
        if (nanos > 0) {
            sleep(wait(step, units, nanos));
        }
    }

    private long wait(Step step, long units, long nanos) {
        lock.lock();
        try {
            Gauge gauge = gauge(step);
            gauge.saw(config, (double) nanos / (units + fixedUnits(step)), nanos);
            double wait = nanos * (1 / gauge.share - 1);
            if (step == Step.COPY) {
                double least = units * 1e9 / config.rewriteBytesPerSecondMax();
                wait = Math.max(wait, least - nanos);
            }
            return (long) Math.clamp(wait, 0, (double) config.waitMax().toNanos());
        } finally {
            lock.unlock();
        }
    }

    /** The share of its time in which a piece of work takes such steps, 0 to 1. */
    public double share(Step step) {
        lock.lock();
        try {
            return gauge(step).share;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void pause(Duration time) {
        sleep(time.toNanos());
    }

    private void sleep(long nanos) {
        try {
            sleeper.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
        }
    }
}
