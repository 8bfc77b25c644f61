package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MappedKeyValue;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.RangeReader.Request;
import dev.holdfast.embeddedfdb.RangeReader.Selector;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.Stored;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * A range whose rows each lead to other keys, read together, a step at a time. As in the real
 * client it is for checked reads only, and a step fails with 2039 where the transaction itself has
 * written.
 */
final class MappedRange {
    /** The part of a step's bytes that may be of its first rows alone, as in a storage server. */
    private static final int FIRST_SHARE = 5;

    /** Rows that a storage server follows before it looks at the size of a step again. */
    private static final int BATCH_ROWS = 10;

    private MappedRange() {}

    /** Reads one step. */
    static CompletableFuture<Chunk<MappedKeyValue>> read(
            TransactionCore core,
            KeySelector begin,
            KeySelector end,
            byte[] mapper,
            Limits limits,
            boolean reverse) {
        return core.underWay.start(
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
                    Reading reading = new Reading(core, stored, limits);
                    Chunk<MappedKeyValue> chunk =
                            reading.chunk(begin, end, Mapper.of(mapper), reverse);
                    reading.settle(own, dependsOn);
                    return chunk;
                });
    }

    private static Request request(
            TransactionCore core,
            KeySelector begin,
            KeySelector end,
            Limits limits,
            boolean reverse) {
        return new Request(
                Selector.of(begin), Selector.of(end), limits, reverse, core.maxReadKey(), true);
    }

    /**
     * The stored rows are read without regard to own writes; when all is read, nothing of it may
     * have been written by this transaction, and only then is it checked for conflicts.
     */
    private static final class Reading {
        private final TransactionCore core;
        private final Stored stored;
        private final Limits limits;
        private final List<byte[]> seen = new ArrayList<>();

        Reading(TransactionCore core, Stored stored, Limits limits) {
            this.core = core;
            this.stored = stored;
            this.limits = limits;
        }

        private Chunk<KeyValue> range(Request request, BiConsumer<byte[], byte[]> told) {
            try (MergedRows rows = new MergedRows(stored, new WriteMap())) {
                return RangeReader.read(rows, request, told);
            }
        }

        private void saw(byte[] begin, byte[] end) {
            seen.add(begin);
            seen.add(end);
        }

        Chunk<MappedKeyValue> chunk(
                KeySelector begin, KeySelector end, Mapper mapper, boolean reverse) {
            int firstBytes = limits.bytes() / FIRST_SHARE;
            List<byte[]> primary = new ArrayList<>();
            BiConsumer<byte[], byte[]> told = (from, to) -> primary.addAll(List.of(from, to));
            Chunk<KeyValue> first =
                    range(
                            request(
                                    core,
                                    begin,
                                    end,
                                    new Limits(limits.rows(), firstBytes),
                                    reverse),
                            told);
            List<MappedKeyValue> found = new ArrayList<>();
            long bytes = 0;
            for (KeyValue row : first.rows()) {
                boolean full = limits.bytes() > 0 && bytes >= limits.bytes();
                if (full && found.size() % BATCH_ROWS == 0) {
                    break;
                }
                MappedKeyValue mapped = mapped(mapper, row);
                bytes += bytes(mapped);
                found.add(mapped);
            }
            boolean all = found.size() == first.rows().size();
            if (!all) {
                // Only what the rows that were followed depend on is checked.
                primary.clear();
                Limits followed = new Limits(found.size(), 0);
                var _ = range(request(core, begin, end, followed, reverse), told);
            }
            seen.addAll(0, primary);
            return new Chunk<>(found, !all || first.more());
        }

        private static long bytes(MappedKeyValue row) {
            long bytes = row.getKey().length + (long) row.getValue().length;
            for (KeyValue each : row.getRangeResult()) {
                bytes += each.getKey().length + (long) each.getValue().length;
            }
            return bytes;
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
                                            new Limits(0, 0),
                                            false),
                                    this::saw)
                            .rows());
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
}
