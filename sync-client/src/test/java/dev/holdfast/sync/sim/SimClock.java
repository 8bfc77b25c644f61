package dev.holdfast.sync.sim;

import java.time.Instant;
import java.time.InstantSource;

/** Time moves only when something moves it. */
final class SimClock implements InstantSource {
    private long nanos = 1_700_000_000_000_000_000L;

    void advanceMillis(long millis) {
        nanos += millis * 1_000_000;
    }

    long nanos() {
        return nanos;
    }

    /** Every look at the clock of the disk is a little later than the one before. */
    long tick() {
        nanos += 1_000;
        return nanos;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L);
    }
}
