package dev.holdfast.chunkstore;

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
                bytesInFlight,
                openStreams);
    }
}
