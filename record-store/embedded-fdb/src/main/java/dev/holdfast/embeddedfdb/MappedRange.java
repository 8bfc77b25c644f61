package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MappedKeyValue;
import com.apple.foundationdb.async.AsyncIterable;
import com.apple.foundationdb.async.AsyncIterator;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.RangeReader.Request;
import dev.holdfast.embeddedfdb.RangeReader.Selector;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.Stored;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A range whose rows each lead to other keys, read together. As in the real client it is for
 * checked reads only, and fails with 2039 where the transaction itself has written.
 */
final class MappedRange implements AsyncIterable<MappedKeyValue> {
    private final CompletableFuture<List<MappedKeyValue>> rows;

    private MappedRange(CompletableFuture<List<MappedKeyValue>> rows) {
        this.rows = rows;
    }

    static MappedRange read(
            TransactionCore core,
            KeySelector begin,
            KeySelector end,
            byte[] mapper,
            int limit,
            boolean reverse) {
        byte[] ownMapper = mapper.clone();
        return new MappedRange(
                core.underWay.start(
                        () -> {
                            if (core.settings.readYourWritesDisabled) {
                                throw FdbError.UNSUPPORTED_OPERATION.exception();
                            }
                            core.reads.requireLegal(begin);
                            core.reads.requireLegal(end);
                            core.noteRead();
                            return null;
                        },
                        (stored, own, dependsOn) -> {
                            Request primary = request(core, begin, end, limit, reverse);
                            List<MappedKeyValue> found = new ArrayList<>();
                            Reading reading = new Reading(core, stored);
                            reading.rows(primary, Mapper.of(ownMapper), found);
                            reading.settle(own, dependsOn);
                            return found;
                        }));
    }

    private static Request request(
            TransactionCore core, KeySelector begin, KeySelector end, int limit, boolean reverse) {
        return new Request(
                Selector.of(begin),
                Selector.of(end),
                new Limits(limit, 0),
                reverse,
                core.maxReadKey(),
                true);
    }

    /**
     * The stored rows are read without regard to own writes; when all is read, nothing of it may
     * have been written by this transaction, and only then is it checked for conflicts.
     */
    private static final class Reading {
        private final TransactionCore core;
        private final Stored stored;
        private final List<byte[]> seen = new ArrayList<>();

        Reading(TransactionCore core, Stored stored) {
            this.core = core;
            this.stored = stored;
        }

        private List<KeyValue> range(Request request) {
            try (MergedRows rows = new MergedRows(stored, new WriteMap())) {
                return RangeReader.read(rows, request, this::saw).rows();
            }
        }

        private void saw(byte[] begin, byte[] end) {
            seen.add(begin);
            seen.add(end);
        }

        void rows(Request primary, Mapper mapper, List<MappedKeyValue> found) {
            for (KeyValue row : range(primary)) {
                found.add(mapped(mapper, row));
            }
        }

        void settle(WriteMap own, BiConsumer<byte[], byte[]> dependsOn) {
            for (int i = 0; i < seen.size(); i += 2) {
                byte[] end = seen.get(i + 1);
                byte[] untouched = own.untouchedEnd(seen.get(i), end);
                dependsOn.accept(seen.get(i), untouched);
                if (Keys.compare(untouched, end) < 0) {
                    throw FdbError.GET_MAPPED_RANGE_READS_YOUR_WRITES.exception();
                }
            }
        }

        /** The binding tells no value of a single key, only that it was looked at. */
        private MappedKeyValue mapped(Mapper mapper, KeyValue row) {
            byte[] key = mapper.keyFor(row);
            if (!mapper.isRange()) {
                saw(key, Keys.after(key));
                return made(row, key, Keys.EMPTY, List.of());
            }
            byte[] end = ByteArrayUtil.strinc(key);
            return made(
                    row,
                    key,
                    end,
                    range(
                            request(
                                    core,
                                    KeySelector.firstGreaterOrEqual(key),
                                    KeySelector.firstGreaterOrEqual(end),
                                    0,
                                    false)));
        }
    }

    private static MappedKeyValue made(
            KeyValue row, byte[] begin, byte[] end, List<KeyValue> found) {
        List<byte[]> parts = new ArrayList<>(List.of(row.getKey(), row.getValue(), begin, end));
        for (KeyValue each : found) {
            parts.add(each.getKey());
            parts.add(each.getValue());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int[] lengths = new int[parts.size()];
        for (int i = 0; i < lengths.length; i++) {
            bytes.writeBytes(parts.get(i));
            lengths[i] = parts.get(i).length;
        }
        return MappedKeyValue.fromBytes(bytes.toByteArray(), lengths);
    }

    @Override
    public CompletableFuture<List<MappedKeyValue>> asList() {
        return rows.thenApply(List::copyOf);
    }

    @Override
    public AsyncIterator<MappedKeyValue> iterator() {
        return new Rows(rows);
    }

    private static final class Rows implements AsyncIterator<MappedKeyValue> {
        private final CompletableFuture<List<MappedKeyValue>> rows;
        private @Nullable Iterator<MappedKeyValue> present;
        private boolean cancelled;

        Rows(CompletableFuture<List<MappedKeyValue>> rows) {
            this.rows = rows;
        }

        private synchronized Iterator<MappedKeyValue> present() {
            if (cancelled) {
                throw new CancellationException();
            }
            Iterator<MappedKeyValue> iterator = present;
            if (iterator == null) {
                iterator = rows.join().iterator();
                present = iterator;
            }
            return iterator;
        }

        @Override
        public CompletableFuture<Boolean> onHasNext() {
            return rows.thenApply(all -> present().hasNext());
        }

        @Override
        public boolean hasNext() {
            return present().hasNext();
        }

        @Override
        public MappedKeyValue next() {
            return present().next();
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
        }
    }
}
