package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.EventKeeper;
import com.apple.foundationdb.EventKeeper.Events;
import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Counts a transaction's reads for an event keeper, if there is one. The binding's events about
 * native calls and buffers never happen here.
 */
final class Instruments {
    /** Bytes the binding counts for a row beside its key and value. */
    private static final int ROW_BYTES = 8;

    private final @Nullable EventKeeper keeper;

    Instruments(@Nullable EventKeeper keeper) {
        this.keeper = keeper;
    }

    CompletableFuture<byte[]> counting(CompletableFuture<byte[]> value) {
        EventKeeper to = keeper;
        if (to == null) {
            return value;
        }
        return value.whenComplete((fetched, failure) -> {
            if (fetched != null) {
                to.count(Events.BYTES_FETCHED, fetched.length);
            }
        });
    }

    <R extends KeyValue> CompletableFuture<Chunk<R>> countingChunk(
            CompletableFuture<Chunk<R>> chunk, long startNanos) {
        EventKeeper to = keeper;
        if (to == null) {
            return chunk;
        }
        to.increment(Events.RANGE_QUERY_FETCHES);
        return chunk.whenComplete((fetched, failure) -> {
            to.timeNanos(Events.RANGE_QUERY_FETCH_TIME_NANOS, System.nanoTime() - startNanos);
            if (fetched == null) {
                to.increment(Events.RANGE_QUERY_CHUNK_FAILED);
                return;
            }
            long bytes = 0;
            for (KeyValue row : fetched.rows()) {
                bytes += row.getKey().length + row.getValue().length + ROW_BYTES;
            }
            to.count(Events.RANGE_QUERY_RECORDS_FETCHED, fetched.rows().size());
            to.count(Events.BYTES_FETCHED, bytes);
        });
    }
}
