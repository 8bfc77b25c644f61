package dev.holdfast.chunkstore;

import java.util.Map;

/**
 * What the store has done since it was opened; every number only grows, except the last two.
 *
 * @param recordsWritten records made durable, once for every time one was
 * @param storedBytesWritten their payloads
 * @param plainBytesWritten their chunks
 * @param groups syncs, each with one transaction
 * @param packsBegun packs begun
 * @param packsSealed packs ended by their own writer with a table of contents
 * @param packsAbandoned packs given up after an error or because they were taken away
 * @param packsRecovered packs of dead writers sealed by this process
 * @param chunksRead chunks delivered
 * @param bytesRead their bytes
 * @param chunksRefused chunks not delivered: lost, or without a good copy
 * @param underReplicatedAcks groups acknowledged while fewer DataNodes held them than are meant to
 * @param verifyFailures how often bytes were not the chunk; ways that never occurred are left out
 * @param writeSeconds from a chunk's arrival to its acknowledgement, waiting for room included
 * @param readSeconds of reads, each of a chunk or of chunks next to each other, with their checks
 * @param syncSeconds writing and syncing a group on its DataNodes
 * @param groupRecords records a group
 * @param bytesInFlight bytes accepted and not acknowledged now
 * @param openStreams streams kept for reading now
 */
public record ChunkStoreStats(
        long recordsWritten,
        long storedBytesWritten,
        long plainBytesWritten,
        long groups,
        long packsBegun,
        long packsSealed,
        long packsAbandoned,
        long packsRecovered,
        long chunksRead,
        long bytesRead,
        long chunksRefused,
        long underReplicatedAcks,
        Map<VerifyFailure, Long> verifyFailures,
        Distribution writeSeconds,
        Distribution readSeconds,
        Distribution syncSeconds,
        Distribution groupRecords,
        long bytesInFlight,
        long openStreams) {}
