package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.async.AsyncIterable;
import com.apple.foundationdb.async.AsyncIterator;
import com.apple.foundationdb.async.AsyncUtil;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.engine.FdbError;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A range to be read in chunks whose sizes the streaming mode decides, as in the real binding. */
final class RangeQuery<R extends KeyValue> implements AsyncIterable<R> {
    /** First chunks of an iterator are small and grow, for most callers stop early. */
    private static final int[] ITERATOR_BYTES = {
        4_096, 6_144, 9_216, 13_824, 20_736, 31_104, 46_656, 69_984, 80_000, 120_000
    };

    /** The native client's own mark for no limit; the binding's is 0. */
    private static final int ROWS_UNLIMITED = -1;

    /** Where chunks come from. */
    interface Source<R extends KeyValue> {
        /** Throws when the transaction is closed or has been handed over. */
        void requireOpen();

        CompletableFuture<Chunk<R>> fetch(
                KeySelector begin, KeySelector end, Limits limits, boolean reverse);

        /** Removes a key, for {@link AsyncIterator#remove}. */
        void clear(byte[] key);
    }

    private final Source<R> source;
    private final KeySelector begin;
    private final KeySelector end;
    private final int rowLimit;
    private final boolean reverse;
    private final StreamingMode mode;

    RangeQuery(
            Source<R> source,
            KeySelector begin,
            KeySelector end,
            int rowLimit,
            boolean reverse,
            StreamingMode mode) {
        this.source = source;
        this.begin = begin;
        this.end = end;
        this.rowLimit = rowLimit;
        this.reverse = reverse;
        this.mode = mode;
    }

    @Override
    public AsyncIterator<R> iterator() {
        return new Rows(mode);
    }

    @Override
    public CompletableFuture<List<R>> asList() {
        StreamingMode whole = mode;
        if (whole == StreamingMode.ITERATOR) {
            whole = rowLimit == 0 ? StreamingMode.WANT_ALL : StreamingMode.EXACT;
        }
        if (whole == StreamingMode.EXACT) {
            return fetch(begin, end, rowLimit, whole, 1).thenApply(Chunk::rows);
        }
        return AsyncUtil.collect(new RangeQuery<>(source, begin, end, rowLimit, reverse, whole));
    }

    private CompletableFuture<Chunk<R>> fetch(
            KeySelector from, KeySelector to, int rows, StreamingMode chunkMode, int iteration) {
        source.requireOpen();
        if (rows < ROWS_UNLIMITED) {
            return CompletableFuture.failedFuture(FdbError.RANGE_LIMITS_INVALID.exception());
        }
        if (chunkMode == StreamingMode.EXACT && rows <= 0) {
            return CompletableFuture.failedFuture(FdbError.EXACT_MODE_WITHOUT_LIMITS.exception());
        }
        return source.fetch(from, to, new Limits(rows, bytes(chunkMode, iteration)), reverse);
    }

    private static int bytes(StreamingMode mode, int iteration) {
        return switch (mode) {
            case EXACT -> 0;
            case SMALL -> 256;
            case MEDIUM -> 1_000;
            case LARGE -> 4_096;
            case SERIAL, WANT_ALL -> 80_000;
            case ITERATOR -> ITERATOR_BYTES[Math.min(iteration, ITERATOR_BYTES.length) - 1];
        };
    }

    /** One pass over the range. The first chunk is fetched at once, later ones when needed. */
    private final class Rows implements AsyncIterator<R> {
        private final StreamingMode chunkMode;
        private KeySelector from = begin;
        private KeySelector to = end;
        private int rowsLeft = rowLimit;
        private int iteration;
        private @Nullable Chunk<R> chunk;
        private int index;
        private byte @Nullable [] lastKey;
        private CompletableFuture<Boolean> fetching;
        private boolean cancelled;

        Rows(StreamingMode chunkMode) {
            this.chunkMode = chunkMode;
            fetching = startFetch();
        }

        private CompletableFuture<Boolean> startFetch() {
            iteration++;
            int rows = rowLimit == 0 ? 0 : rowsLeft;
            return fetch(from, to, rows, chunkMode, iteration).thenApply(this::took);
        }

        private synchronized boolean took(Chunk<R> next) {
            chunk = next;
            index = 0;
            List<R> rows = next.rows();
            if (rows.isEmpty()) {
                return false;
            }
            byte[] last = rows.get(rows.size() - 1).getKey();
            if (reverse) {
                to = KeySelector.firstGreaterOrEqual(last);
            } else {
                from = KeySelector.firstGreaterThan(last);
            }
            rowsLeft -= rows.size();
            return true;
        }

        @Override
        public synchronized CompletableFuture<Boolean> onHasNext() {
            if (cancelled) {
                throw new CancellationException();
            }
            Chunk<R> present = chunk;
            if (present == null || !fetching.isDone()) {
                return fetching;
            }
            if (index < present.rows().size()) {
                return AsyncUtil.READY_TRUE;
            }
            if (!present.more() || (rowLimit != 0 && rowsLeft < 1)) {
                return AsyncUtil.READY_FALSE;
            }
            fetching = startFetch();
            return fetching;
        }

        @Override
        public boolean hasNext() {
            return onHasNext().join();
        }

        @Override
        public R next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            synchronized (this) {
                Chunk<R> present = chunk;
                if (present == null || index >= present.rows().size()) {
                    throw new NoSuchElementException();
                }
                R row = present.rows().get(index++);
                lastKey = row.getKey();
                return row;
            }
        }

        @Override
        public synchronized void remove() {
            byte[] key = lastKey;
            if (key == null) {
                throw new IllegalStateException("No value has been fetched from database");
            }
            source.clear(key);
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            fetching.cancel(true);
        }
    }
}
