package dev.holdfast.gateway.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A limit of concurrent requests that finds its own height (additive increase, multiplicative
 * decrease). A request that the stores could not keep up with, or that took longer than it ever
 * should, lowers the limit, at most once a period, for the requests of one jam fail together; each
 * one that went well while the limit was in use raises it a little. So a store in trouble meets few
 * requests at once, the others are told at once, and the limit climbs back by itself.
 */
final class AdaptiveLimit implements Places {
    private static final double DECREASE = 0.7;
    private static final double INCREASE = 0.1;
    private static final long DECREASE_PERIOD_NANOS = Duration.ofMillis(100).toNanos();

    private final int floor;
    private final int ceiling;
    private final long slowNanos;
    private final LongSupplier nanoTime;
    private double limit;
    private int inFlight;
    private long loweredAt;

    /**
     * A limit at its ceiling.
     *
     * @param floor where it does not go below
     * @param ceiling where it does not go above
     * @param slow a request that takes longer is a sign of overload; zero where the time is the
     *     client's
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    AdaptiveLimit(int floor, int ceiling, Duration slow, LongSupplier nanoTime) {
        if (floor < 1 || ceiling < floor) {
            throw new IllegalArgumentException("a limit lies between 1 and its ceiling");
        }
        this.floor = floor;
        this.ceiling = ceiling;
        this.slowNanos = slow.toNanos();
        this.nanoTime = nanoTime;
        this.limit = ceiling;
        this.loweredAt = nanoTime.getAsLong() - DECREASE_PERIOD_NANOS;
    }

    @Override
    public synchronized boolean tryAcquire() {
        if (inFlight >= (int) limit) {
            return false;
        }
        inFlight++;
        return true;
    }

    @Override
    public synchronized void release(long nanos, boolean overloaded) {
        boolean inUse = inFlight * 2 >= limit;
        inFlight--;
        if (overloaded || (slowNanos > 0 && nanos > slowNanos)) {
            long now = nanoTime.getAsLong();
            if (now - loweredAt >= DECREASE_PERIOD_NANOS) {
                loweredAt = now;
                limit = Math.max(floor, limit * DECREASE);
            }
        } else if (inUse) {
            limit = Math.min(ceiling, limit + INCREASE);
        }
    }

    /** Requests served at once now. */
    synchronized int limit() {
        return (int) limit;
    }
}
