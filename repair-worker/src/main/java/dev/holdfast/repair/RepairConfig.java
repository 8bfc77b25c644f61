package dev.holdfast.repair;

import java.time.Duration;

/**
 * How scrub and repair go about their work.
 *
 * @param cycle a sealed pack is read again after so long
 * @param retryAfter a pack is looked at again, when something about it could not be decided
 * @param leaseLife how long a dead worker's shard waits for another
 * @param poll between two looks for packs that are due, while there are none
 * @param bytesPerSecond what a worker reads by itself; an order may say another number
 * @param foregroundShare of that, and of an unlimited order's time, what is left to the scrub while
 *     users are served
 * @param runBytesMax bytes held of a pack at a time, twice
 * @param packBytes what a pack of rescued chunks is filled up to
 * @param packFaultsMax chunks found bad in one pack before a worker leaves it to a person
 * @param nodeFaultsMax replicas of chunks found bad on one DataNode within {@code nodeWindow}
 *     before a worker leaves that DataNode to a person
 * @param nodeGone a DataNode not seen for so long may not come back: what only it had is lost
 * @param filesListedMax affected files named with one finding
 */
public record RepairConfig(
        Duration cycle,
        Duration retryAfter,
        Duration leaseLife,
        Duration poll,
        long bytesPerSecond,
        double foregroundShare,
        int runBytesMax,
        long packBytes,
        int packFaultsMax,
        int nodeFaultsMax,
        Duration nodeWindow,
        Duration nodeGone,
        int filesListedMax) {
    public RepairConfig {
        require(cycle.compareTo(Duration.ofMinutes(1)) >= 0, "cycle is at least a minute");
        require(retryAfter.isPositive(), "retryAfter is positive");
        require(
                leaseLife.compareTo(Duration.ofSeconds(1)) >= 0
                        && leaseLife.compareTo(Duration.ofHours(1)) <= 0,
                "leaseLife is a second to an hour");
        require(poll.isPositive(), "poll is positive");
        require(bytesPerSecond >= 1, "bytesPerSecond is positive");
        require(foregroundShare > 0 && foregroundShare <= 1, "foregroundShare is above 0 to 1");
        require(
                runBytesMax >= (8 << 20) && runBytesMax <= (256 << 20),
                "runBytesMax is 8 to 256 MiB: it holds at least one record of any size");
        require(packBytes >= (64L << 10) && packBytes <= (1L << 30), "packBytes: 64 KiB to 1 GiB");
        require(packFaultsMax >= 1, "packFaultsMax is positive");
        require(nodeFaultsMax >= 1, "nodeFaultsMax is positive");
        require(nodeWindow.isPositive(), "nodeWindow is positive");
        require(nodeGone.isPositive(), "nodeGone is positive");
        require(filesListedMax >= 1 && filesListedMax <= 1_000, "filesListedMax is 1 to 1000");
    }

    /**
     * A cycle of 14 days at 16 MiB/s, a quarter of it under load; a pack's trouble is looked at
     * again after 10 minutes; 64 bad chunks in a pack or 1,000 on a DataNode in a day are a
     * person's case.
     *
     * @param packBytes the chunk store's size of packs
     */
    public static RepairConfig defaults(long packBytes) {
        return new RepairConfig(
                Duration.ofDays(14),
                Duration.ofMinutes(10),
                Duration.ofMinutes(1),
                Duration.ofSeconds(5),
                16L << 20,
                0.25,
                8 << 20,
                packBytes,
                64,
                1_000,
                Duration.ofDays(1),
                Duration.ofDays(7),
                50);
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("repair configuration: " + rule);
        }
    }
}
