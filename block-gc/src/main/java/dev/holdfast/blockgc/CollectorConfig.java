package dev.holdfast.blockgc;

import java.time.Duration;

/**
 * How the collection goes about its work.
 *
 * @param chunkGrace between a chunk's condemnation and its end; people may undo until then
 * @param trashGrace between a pack's trashing and its deletion; readers finish in it
 * @param readersGrace what remains of {@code trashGrace} where graces count as over: as long as a
 *     signed URL lives
 * @param leaseLife how long a dead worker's work waits for another
 * @param deadShareMax of the bytes in packs, what may be dead before packs are rewritten
 * @param rewriteBytesMax bytes one run rewrites at most
 * @param packBytes what a rewritten pack is filled up to; at most what the chunk store allows
 * @param smallPacksMax packs of less than an eighth of that before they are merged
 * @param freeShareMax of the bytes in packs, what one run may free without being forced
 * @param freeBytesMin what one run may free in any case
 * @param period between two runs of a worker by itself
 */
public record CollectorConfig(
        Duration chunkGrace,
        Duration trashGrace,
        Duration readersGrace,
        Duration leaseLife,
        double deadShareMax,
        long rewriteBytesMax,
        long packBytes,
        int smallPacksMax,
        double freeShareMax,
        long freeBytesMin,
        Duration period) {
    /** A signed URL is served without asking where its chunks lie by now. */
    private static final Duration SIGNED_URL_LIFE_MAX = Duration.ofSeconds(60);

    public CollectorConfig {
        require(!chunkGrace.isNegative(), "chunkGrace is not negative");
        require(!trashGrace.isNegative(), "trashGrace is not negative");
        require(
                !readersGrace.isNegative() && readersGrace.compareTo(trashGrace) <= 0,
                "readersGrace is 0 to trashGrace");
        require(
                leaseLife.compareTo(Duration.ofSeconds(1)) >= 0
                        && leaseLife.compareTo(Duration.ofHours(1)) <= 0,
                "leaseLife is a second to an hour");
        require(deadShareMax >= 0 && deadShareMax < 1, "deadShareMax is 0 to 1");
        require(rewriteBytesMax >= 1, "rewriteBytesMax is positive");
        require(packBytes >= (64L << 10) && packBytes <= (1L << 30), "packBytes: 64 KiB to 1 GiB");
        require(smallPacksMax >= 2 && smallPacksMax <= 1_000, "smallPacksMax is 2 to 1000");
        require(freeShareMax >= 0 && freeShareMax <= 1, "freeShareMax is 0 to 1");
        require(freeBytesMin >= 0, "freeBytesMin is not negative");
        require(period.compareTo(Duration.ofSeconds(1)) >= 0, "period is at least a second");
    }

    /**
     * A day for each grace, 65 seconds for readers of signed URLs, a fifth dead, 4 GiB rewritten a
     * run, 5 % or 10 GiB freed, every 5 minutes.
     *
     * @param packBytes the chunk store's size of packs
     */
    public static CollectorConfig defaults(long packBytes) {
        return new CollectorConfig(
                Duration.ofDays(1),
                Duration.ofDays(1),
                SIGNED_URL_LIFE_MAX.plusSeconds(5),
                Duration.ofSeconds(30),
                0.2,
                4L << 30,
                packBytes,
                8,
                0.05,
                10L << 30,
                Duration.ofMinutes(5));
    }

    /** A pack below this is merged with others like it. */
    long smallBytes() {
        return packBytes / 8;
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("collection configuration: " + rule);
        }
    }
}
