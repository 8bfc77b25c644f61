package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MappedKeyValue;
import com.apple.foundationdb.async.AsyncIterable;
import com.apple.foundationdb.async.AsyncIterator;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.View;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A range whose rows each lead to other keys, read together. As in the real client it is for
 * checked forward reads only, and fails with 2039 where the transaction itself has written.
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
                core.read(
                        () -> {
                            if (reverse || core.settings.readYourWritesDisabled) {
                                throw FdbError.UNSUPPORTED_OPERATION.exception();
                            }
                            core.reads.requireLegal(begin);
                            core.reads.requireLegal(end);
                            return null;
                        },
                        view -> rows(core, view, begin, end, Mapper.of(ownMapper), limit)));
    }

    private static List<MappedKeyValue> rows(
            TransactionCore core,
            View view,
            KeySelector begin,
            KeySelector end,
            Mapper mapper,
            int limit) {
        List<MappedKeyValue> mapped = new ArrayList<>();
        List<KeyValue> primary = range(core, view, begin, end, limit);
        for (KeyValue row : primary) {
            mapped.add(mapped(core, view, mapper, row));
        }
        return mapped;
    }

    private static List<KeyValue> range(
            TransactionCore core, View view, KeySelector begin, KeySelector end, int limit) {
        if (core.writes().touches(begin.getKey(), end.getKey())) {
            throw FdbError.GET_MAPPED_RANGE_READS_YOUR_WRITES.exception();
        }
        return core.reads.getRange(view, begin, end, new Limits(limit, 0), false, false).rows();
    }

    private static MappedKeyValue mapped(
            TransactionCore core, View view, Mapper mapper, KeyValue row) {
        byte[] key = mapper.keyFor(row);
        if (mapper.isRange()) {
            byte[] end = ByteArrayUtil.strinc(key);
            List<KeyValue> found =
                    range(
                            core,
                            view,
                            KeySelector.firstGreaterOrEqual(key),
                            KeySelector.firstGreaterOrEqual(end),
                            0);
            return made(row, key, end, found);
        }
        if (core.writes().touches(key, Keys.after(key))) {
            throw FdbError.GET_MAPPED_RANGE_READS_YOUR_WRITES.exception();
        }
        byte[] value = core.reads.get(view, key, false);
        return made(row, key, key, value == null ? List.of() : List.of(new KeyValue(key, value)));
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
