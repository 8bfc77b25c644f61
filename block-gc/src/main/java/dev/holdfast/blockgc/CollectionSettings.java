package dev.holdfast.blockgc;

import java.time.Duration;

/**
 * What an operator may set about the collection; the rest is {@link CollectorConfig#of}.
 *
 * @param period between two runs of a worker by itself
 * @param chunkGrace between a chunk's condemnation and its end
 * @param trashGrace between a pack's trashing and its deletion
 * @param readersWait what remains of that where graces count as over
 * @param deletionsKept how long the traces of deleted packs are kept
 * @param deadShareMax of the bytes in packs, what may be dead before packs are rewritten
 * @param leaseLife how long a dead worker's work waits for another
 * @param pace how hard it works
 */
public record CollectionSettings(
        Duration period,
        Duration chunkGrace,
        Duration trashGrace,
        Duration readersWait,
        Duration deletionsKept,
        double deadShareMax,
        Duration leaseLife,
        PaceConfig pace) {
    private static final Duration PERIOD_MAX = Duration.ofDays(1);
    private static final Duration GRACE_MAX = Duration.ofDays(365);
    private static final Duration KEPT_MIN = Duration.ofDays(1);
    private static final Duration KEPT_MAX = Duration.ofDays(36_500);

    public CollectionSettings {
        CollectorConfig.require(
                period.compareTo(Duration.ofSeconds(1)) >= 0 && period.compareTo(PERIOD_MAX) <= 0,
                "the period is a second to a day");
        CollectorConfig.require(
                !chunkGrace.isNegative() && chunkGrace.compareTo(GRACE_MAX) <= 0,
                "the grace of chunks is 0 to 365 days");
        CollectorConfig.require(
                !trashGrace.isNegative() && trashGrace.compareTo(GRACE_MAX) <= 0,
                "the grace of packs in the trash is 0 to 365 days");
        CollectorConfig.require(
                !readersWait.isNegative() && readersWait.compareTo(trashGrace) <= 0,
                "the wait for readers is at most the grace of packs in the trash");
        CollectorConfig.require(
                deletionsKept.compareTo(KEPT_MIN) >= 0 && deletionsKept.compareTo(KEPT_MAX) <= 0,
                "traces of deletions are kept for a day to 36500 days");
        CollectorConfig.require(
                leaseLife.compareTo(Duration.ofSeconds(5)) >= 0
                        && leaseLife.compareTo(Duration.ofHours(1)) <= 0,
                "the life of a lease is 5 seconds to an hour");
        CollectorConfig.require(
                deadShareMax >= 0 && deadShareMax < 1, "the dead share is 0 to less than 1");
    }

    /**
     * Every 5 minutes, a day for each grace, 65 seconds for readers, 400 days for traces of
     * deletions, a fifth dead, 30 seconds a lease.
     */
    public static CollectionSettings defaults() {
        return new CollectionSettings(
                Duration.ofMinutes(5),
                Duration.ofDays(1),
                Duration.ofDays(1),
                Duration.ofSeconds(65),
                Duration.ofDays(400),
                0.2,
                Duration.ofSeconds(30),
                PaceConfig.defaults());
    }
}
