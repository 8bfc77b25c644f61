package dev.holdfast.blockgc;

import java.time.Duration;

/**
 * How the collection goes about its work.
 *
 * @param chunkGrace between a chunk's condemnation and its end; people may undo until then
 * @param trashGrace between a pack's trashing and its deletion; readers finish in it
 * @param readersGrace what remains of {@code trashGrace} where graces count as over: as long as
 *     somebody may use a place in a pack that he was told, such as a signed URL
 * @param deletionsKept how long the traces of deleted packs are kept
 * @param leaseLife how long a dead worker's work waits for another
 * @param deadShareMax of the bytes in packs, what may be dead before packs are rewritten
 * @param rewriteBytesMax bytes one run rewrites at most
 * @param packBytes what a rewritten pack is filled up to; at most what the chunk store allows
 * @param smallPacksMax packs of less than an eighth of that before they are merged
 * @param freeShareMax of the bytes in packs, what one run may free without being forced
 * @param freeBytesMin what one run may free in any case
 * @param period between two runs of a worker by itself
 * @param concurrency pieces of work at once
 */
public record CollectorConfig(
        Duration chunkGrace,
        Duration trashGrace,
        Duration readersGrace,
        Duration deletionsKept,
        Duration leaseLife,
        double deadShareMax,
        long rewriteBytesMax,
        long packBytes,
        int smallPacksMax,
        double freeShareMax,
        long freeBytesMin,
        Duration period,
        int concurrency) {
    public CollectorConfig {
        require(!chunkGrace.isNegative(), "chunkGrace is not negative");
        require(!trashGrace.isNegative(), "trashGrace is not negative");
        require(
                !readersGrace.isNegative() && readersGrace.compareTo(trashGrace) <= 0,
                "readersGrace is 0 to trashGrace");
        require(deletionsKept.isPositive(), "deletionsKept is positive");
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
        require(concurrency >= 1 && concurrency <= 16, "concurrency is 1 to 16");
    }

    /**
     * What {@link CollectionSettings} leave open: 4 GiB rewritten a run, 8 small packs merged, 5 %
     * or 10 GiB freed.
     *
     * @param packBytes the chunk store's size of packs
     */
    public static CollectorConfig of(long packBytes, CollectionSettings settings) {
        return new CollectorConfig(
                settings.chunkGrace(),
                settings.trashGrace(),
                settings.readersWait(),
                settings.deletionsKept(),
                settings.leaseLife(),
                settings.deadShareMax(),
                4L << 30,
                packBytes,
                8,
                0.05,
                10L << 30,
                settings.period(),
                settings.pace().concurrency());
    }

    /** A pack below this is merged with others like it. */
    long smallBytes() {
        return packBytes / 8;
    }

    static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("collection configuration: " + rule);
        }
    }
}
