package dev.holdfast.chunkstore;

import dev.holdfast.model.Limits;
import java.time.Duration;

/**
 * How the store writes and reads.
 *
 * @param root directory in HDFS under which everything of the store lies
 * @param replication copies of each pack
 * @param replicationMin copies that must hold a record before it is acknowledged
 * @param openPacks packs written at the same time
 * @param packBytesMax size at which a pack is sealed; also what its one block has room for
 * @param packAgeMax age at which a pack is sealed although it is not full
 * @param idleCheck how often a pack that nothing is written to is asked whether its file still has
 *     enough copies
 * @param groupBytesMax bytes written before a sync, unless one record alone is more
 * @param groupRecordsMax records that share a sync and a transaction
 * @param bytesInFlightMax bytes of chunks accepted and not yet acknowledged; {@code append} waits
 *     beyond it
 * @param appendWaitMax how long {@code append}, and a reader whose turn it is, waits for memory
 *     before it gives up
 * @param answerWaitMax how long a chunk that was accepted may go without an answer; it may be
 *     stored all the same
 * @param failurePause between tries to begin a pack, after a few that failed
 * @param readAheadBytes bytes one {@link ChunkReads} holds ahead of its reader
 * @param readThreads positional reads that run at once, over all readers
 * @param streamsMax open streams kept for reading
 * @param hedgeAfter how long a read may take before another replica is asked as well
 * @param recoveryWaitMax how long opening the store waits for packs of dead writers; what takes
 *     longer goes on in the background
 * @param soleWriter true when no other process writes to the same cell, so that every open pack at
 *     start is a dead writer's
 */
public record ChunkStoreConfig(
        String root,
        int replication,
        int replicationMin,
        int openPacks,
        long packBytesMax,
        Duration packAgeMax,
        Duration idleCheck,
        int groupBytesMax,
        int groupRecordsMax,
        long bytesInFlightMax,
        Duration appendWaitMax,
        Duration answerWaitMax,
        Duration failurePause,
        int readAheadBytes,
        int readThreads,
        int streamsMax,
        Duration hedgeAfter,
        Duration recoveryWaitMax,
        boolean soleWriter) {
    /** Room in a pack's block beyond {@code packBytesMax}: the footer and one last record. */
    static final long BLOCK_RESERVE_BYTES = 16L << 20;

    public ChunkStoreConfig {
        require(root.startsWith("/") && !root.endsWith("/"), "root is an absolute path: " + root);
        require(replication >= 1 && replication <= 512, "replication is 1 to 512");
        require(
                replicationMin >= 1 && replicationMin <= replication,
                "replicationMin is 1 to replication");
        require(openPacks >= 1 && openPacks <= 64, "openPacks is 1 to 64");
        require(
                packBytesMax >= (64L << 10) && packBytesMax <= (1L << 30),
                "packBytesMax is 64 KiB to 1 GiB");
        require(packAgeMax.isPositive(), "packAgeMax is positive");
        require(idleCheck.isPositive(), "idleCheck is positive");
        require(
                groupBytesMax >= 1 && groupBytesMax <= Limits.CHUNK_BYTES_MAX * 2,
                "groupBytesMax is at most two of the largest chunks");
        require(groupRecordsMax >= 1 && groupRecordsMax <= 1_000, "groupRecordsMax is 1 to 1000");
        require(
                bytesInFlightMax >= 2L * Limits.CHUNK_BYTES_MAX,
                "bytesInFlightMax holds at least two chunks of the largest size");
        require(appendWaitMax.isPositive(), "appendWaitMax is positive");
        require(answerWaitMax.isPositive(), "answerWaitMax is positive");
        require(!failurePause.isNegative(), "failurePause is not negative");
        require(readAheadBytes >= 1, "readAheadBytes is positive");
        require(readThreads >= 1 && readThreads <= 1_000, "readThreads is 1 to 1000");
        require(streamsMax >= 1, "streamsMax is positive");
        require(hedgeAfter.isPositive(), "hedgeAfter is positive");
        require(!recoveryWaitMax.isNegative(), "recoveryWaitMax is not negative");
    }

    /**
     * For a cluster with other writers: three copies, two of them before a record is acknowledged.
     */
    public static ChunkStoreConfig forCluster() {
        return new ChunkStoreConfig(
                "/holdfast",
                3,
                2,
                4,
                256L << 20,
                Duration.ofMinutes(30),
                Duration.ofSeconds(10),
                8 << 20,
                512,
                96L << 20,
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                Duration.ofSeconds(1),
                8 << 20,
                16,
                128,
                Duration.ofMillis(500),
                Duration.ofSeconds(20),
                false);
    }

    /**
     * For one process that is its own cluster: NameNode, DataNodes, metadata and gateway share its
     * memory, and it is the only writer.
     */
    public static ChunkStoreConfig forEmbedded(int replication) {
        return forCluster()
                .withReplication(replication, 1)
                .withOpenPacks(2)
                .withSoleWriter(true)
                .withBytesInFlightMax(48L << 20)
                .withReadAheadBytes(4 << 20);
    }

    public ChunkStoreConfig withReplication(int replication, int replicationMin) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withOpenPacks(int openPacks) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withSoleWriter(boolean soleWriter) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withPackBytesMax(long packBytesMax) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withPackAgeMax(Duration packAgeMax) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withIdleCheck(Duration idleCheck) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withRoot(String root) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withStreamsMax(int streamsMax) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withHedgeAfter(Duration hedgeAfter) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withBytesInFlightMax(long bytesInFlightMax) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withGroup(int groupBytesMax, int groupRecordsMax) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withReadAheadBytes(int readAheadBytes) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withAppendWaitMax(Duration appendWaitMax) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withAnswerWaitMax(Duration answerWaitMax) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    public ChunkStoreConfig withFailurePause(Duration failurePause) {
        return new ChunkStoreConfig(
                root,
                replication,
                replicationMin,
                openPacks,
                packBytesMax,
                packAgeMax,
                idleCheck,
                groupBytesMax,
                groupRecordsMax,
                bytesInFlightMax,
                appendWaitMax,
                answerWaitMax,
                failurePause,
                readAheadBytes,
                readThreads,
                streamsMax,
                hedgeAfter,
                recoveryWaitMax,
                soleWriter);
    }

    /** Size of a pack's one block: a multiple of HDFS's checksum unit. */
    long blockBytes() {
        long bytes = packBytesMax + BLOCK_RESERVE_BYTES;
        return bytes - bytes % PackFormat.ALIGNMENT;
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("chunk store configuration: " + rule);
        }
    }
}
