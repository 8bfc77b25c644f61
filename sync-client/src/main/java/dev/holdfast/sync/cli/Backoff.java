package dev.holdfast.sync.cli;

import java.util.random.RandomGenerator;

/** Exponential backoff with full jitter: any pause up to the limit, and the limit doubles. */
final class Backoff {
    private static final long FIRST_MILLIS = 250;
    private static final long LAST_MILLIS = 60_000;

    private final RandomGenerator random;
    private int failures;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    void succeeded() {
        failures = 0;
    }

    /** How long to wait after one more failure, and no less than the server asks for. */
    long failed(long askedMillis) {
        long limit = Math.min(LAST_MILLIS, FIRST_MILLIS << Math.min(failures, 20));
        failures++;
        return Math.max(askedMillis, 50 + random.nextLong(limit));
    }
}
