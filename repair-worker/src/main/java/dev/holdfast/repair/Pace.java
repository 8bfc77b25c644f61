package dev.holdfast.repair;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps the scrub to its rate, and out of the users' way. For one thread.
 *
 * <p>Whether users are served now is seen from a counter of the bytes they moved: when it advanced
 * since the last look, only a share of the rate is left. Without a rate the share is of time: after
 * a read that took a second, a quarter share sleeps three.
 */
final class Pace {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** A pause at a time, so that a stop is heard. */
    private static final long SLEEP_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

    private final long bytesPerSecond;
    private final double foregroundShare;
    private final LongSupplier foregroundBytes;
    private final LongSupplier nanoTime;
    private final Sleep sleep;
    private long lookedAt;
    private long seenBytes;
    private boolean busy;
    private long readSince;

    /** Waiting. */
    @FunctionalInterface
    interface Sleep {
        void sleep(long nanos) throws InterruptedException;
    }

    /**
     * @param bytesPerSecond {@link Long#MAX_VALUE} for no limit
     * @param foregroundBytes bytes moved for users so far; only grows
     */
    Pace(
            long bytesPerSecond,
            double foregroundShare,
            LongSupplier foregroundBytes,
            LongSupplier nanoTime,
            Sleep sleep) {
        this.bytesPerSecond = bytesPerSecond;
        this.foregroundShare = foregroundShare;
        this.foregroundBytes = foregroundBytes;
        this.nanoTime = nanoTime;
        this.sleep = sleep;
        this.lookedAt = nanoTime.getAsLong();
        this.seenBytes = foregroundBytes.getAsLong();
        this.readSince = lookedAt;
    }

    /**
     * Waits as the bytes read since the last call want it.
     *
     * @throws InterruptedException when the worker ends
     */
    void read(long bytes) throws InterruptedException {
        long now = nanoTime.getAsLong();
        look(now);
        long taken = now - readSince;
        double share = busy ? foregroundShare : 1;
        double due =
                bytesPerSecond == Long.MAX_VALUE
                        ? taken / share
                        : bytes * 1e9 / (bytesPerSecond * share);
        long left = (long) Math.min(due - taken, 60e9);
        while (left > 0) {
            long some = Math.min(left, SLEEP_NANOS_MAX);
            sleep.sleep(some);
            left -= some;
        }
        readSince = nanoTime.getAsLong();
    }

    private void look(long now) {
        if (now - lookedAt >= LOOK_NANOS) {
            long bytes = foregroundBytes.getAsLong();
            busy = bytes != seenBytes;
            seenBytes = bytes;
            lookedAt = now;
        }
    }
}
