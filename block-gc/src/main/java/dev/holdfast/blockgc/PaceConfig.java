package dev.holdfast.blockgc;

import java.time.Duration;

/**
 * How hard the collection of one process works at most, and when it gives way.
 *
 * @param concurrency pieces of work at once
 * @param rewriteBytesPerSecondMax that compaction copies
 * @param busyShareMax of its time, what a piece works at most; the rest it waits
 * @param busyShareMin the same at least, so that a run ends however busy the stores are
 * @param slowFactor a step that takes so many times what such steps took at their best is slow
 * @param quickStep a step below this is never slow
 * @param waitMax after one step, so that leases are kept and orders heard
 */
public record PaceConfig(
        int concurrency,
        long rewriteBytesPerSecondMax,
        double busyShareMax,
        double busyShareMin,
        double slowFactor,
        Duration quickStep,
        Duration waitMax) {
    public PaceConfig {
        CollectorConfig.require(
                concurrency >= 1 && concurrency <= 16, "pieces at once are 1 to 16");
        CollectorConfig.require(
                rewriteBytesPerSecondMax >= (64 << 10),
                "at least 64 KiB a second may be rewritten");
        CollectorConfig.require(
                busyShareMin > 0 && busyShareMin <= busyShareMax && busyShareMax <= 1,
                "the share of time to work in is more than 0 and at most 1");
        CollectorConfig.require(slowFactor > 1, "what is slow takes longer than the best");
        CollectorConfig.require(!quickStep.isNegative(), "quickStep is not negative");
        CollectorConfig.require(
                waitMax.compareTo(Duration.ofSeconds(10)) <= 0, "waitMax is at most 10 seconds");
    }

    /** Two pieces, each half of the time, 64 MiB a second; slow is three times the best. */
    public static PaceConfig defaults() {
        return new PaceConfig(
                2, 64L << 20, 0.5, 0.02, 3, Duration.ofMillis(20), Duration.ofSeconds(2));
    }

    /** The same with other limits. */
    public PaceConfig with(int pieces, long rewriteBytesPerSecond, double busyShare) {
        return new PaceConfig(
                pieces,
                rewriteBytesPerSecond,
                busyShare,
                Math.min(busyShareMin, busyShare),
                slowFactor,
                quickStep,
                waitMax);
    }
}
