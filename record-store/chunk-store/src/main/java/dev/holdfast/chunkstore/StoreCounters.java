package dev.holdfast.chunkstore;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/** The counters behind {@link ChunkStoreStats}. */
final class StoreCounters {
    final LongAdder recordsWritten = new LongAdder();
    final LongAdder storedBytesWritten = new LongAdder();
    final LongAdder plainBytesWritten = new LongAdder();
    final LongAdder groups = new LongAdder();
    final LongAdder packsBegun = new LongAdder();
    final LongAdder packsSealed = new LongAdder();
    final LongAdder packsAbandoned = new LongAdder();
    final LongAdder packsRecovered = new LongAdder();
    final LongAdder chunksRead = new LongAdder();
    final LongAdder bytesRead = new LongAdder();
    final LongAdder chunksRefused = new LongAdder();
    final LongAdder underReplicatedAcks = new LongAdder();
    final Tally writeSeconds = Tally.ofSeconds();
    final Tally readSeconds = Tally.ofSeconds();
    final Tally syncSeconds = Tally.ofSeconds();
    final Tally groupRecords = Tally.ofSizes();
    private final ConcurrentMap<VerifyFailure, LongAdder> verifyFailures =
            new ConcurrentHashMap<>();

    void verifyFailed(VerifyFailure.Path path, VerifyFailure.Cause cause) {
        verifyFailures
                .computeIfAbsent(new VerifyFailure(path, cause), key -> new LongAdder())
                .increment();
    }

    private Map<VerifyFailure, Long> failures() {
        Map<VerifyFailure, Long> failures = new HashMap<>();
        verifyFailures.forEach((failure, count) -> failures.put(failure, count.sum()));
        return Map.copyOf(failures);
    }

    ChunkStoreStats snapshot(long bytesInFlight, long openStreams) {
        return new ChunkStoreStats(
                recordsWritten.sum(),
                storedBytesWritten.sum(),
                plainBytesWritten.sum(),
                groups.sum(),
                packsBegun.sum(),
                packsSealed.sum(),
                packsAbandoned.sum(),
                packsRecovered.sum(),
                chunksRead.sum(),
                bytesRead.sum(),
                chunksRefused.sum(),
                underReplicatedAcks.sum(),
                failures(),
                writeSeconds.snapshot(),
                readSeconds.snapshot(),
                syncSeconds.snapshot(),
                groupRecords.snapshot(),
                bytesInFlight,
                openStreams);
    }
}
