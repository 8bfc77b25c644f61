package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import dev.holdfast.embeddedfdb.engine.Keys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The keys under {@code \xff\xff}, which are no data but answers of the client: the status, where
 * the data is, and the conflict ranges of the transaction. They are read only.
 */
final class SpecialKeys {
    private static final byte[] STATUS = special("/status/json");
    private static final byte[] PLACE = special("/cluster_file_path");
    private static final byte[] CONNECTION = special("/connection_string");
    private static final byte[] ERROR = special("/error_message");
    private static final byte[] CONFLICTING = special("/transaction/conflicting_keys/");
    private static final byte[] READ_CONFLICTS = special("/transaction/read_conflict_range/");
    private static final byte[] WRITE_CONFLICTS = special("/transaction/write_conflict_range/");
    private static final List<byte[]> SINGLE = List.of(STATUS, PLACE, CONNECTION, ERROR);
    private static final List<byte[]> MODULES =
            List.of(CONFLICTING, READ_CONFLICTS, WRITE_CONFLICTS);

    private SpecialKeys() {}

    private static byte[] special(String path) {
        byte[] key = ("??" + path).getBytes(StandardCharsets.US_ASCII);
        key[0] = (byte) 0xff;
        key[1] = (byte) 0xff;
        return key;
    }

    static boolean isSpecial(byte[] key) {
        return Keys.startsWith(key, Keys.ALL_END);
    }

    /** No special key can be written here. */
    static void refuseWrite(byte[] key) {
        if (isSpecial(key)) {
            throw FdbError.SPECIAL_KEYS_WRITE_DISABLED.exception();
        }
    }

    /** The value of a special key, or null. */
    static byte @Nullable [] get(TransactionCore core, byte[] key) {
        requireModule(core, key, Keys.after(key));
        return rows(core).get(key);
    }

    /** The special rows between two keys; selectors that walk are refused. */
    static Chunk range(
            TransactionCore core,
            KeySelector begin,
            KeySelector end,
            Limits limits,
            boolean reverse) {
        if (begin.getOffset() != 1 || end.getOffset() != 1) {
            throw FdbError.CLIENT_INVALID_OPERATION.exception(
                    "special keys are read between plain keys");
        }
        byte[] from = begin.orEqual() ? Keys.after(begin.getKey()) : begin.getKey();
        byte[] to = end.orEqual() ? Keys.after(end.getKey()) : end.getKey();
        if (Keys.compare(from, to) >= 0) {
            return Chunk.NOTHING;
        }
        requireModule(core, from, to);
        List<KeyValue> found = new ArrayList<>();
        for (Map.Entry<byte[], byte[]> row : rows(core).subMap(from, true, to, false).entrySet()) {
            found.add(new KeyValue(row.getKey(), row.getValue()));
        }
        List<KeyValue> ordered = reverse ? found.reversed() : found;
        boolean more = limits.rows() > 0 && ordered.size() > limits.rows();
        return new Chunk(List.copyOf(more ? ordered.subList(0, limits.rows()) : ordered), more);
    }

    private static void requireModule(TransactionCore core, byte[] from, byte[] to) {
        if (core.settings.specialKeysRelaxed) {
            return;
        }
        for (byte[] single : SINGLE) {
            if (Keys.compare(from, single) <= 0 && Keys.compare(single, to) < 0) {
                return;
            }
        }
        for (byte[] module : MODULES) {
            byte[] end = module.clone();
            end[end.length - 1]++;
            if (Keys.compare(from, end) < 0 && Keys.compare(module, to) < 0) {
                return;
            }
        }
        throw FdbError.SPECIAL_KEYS_NO_MODULE_FOUND.exception();
    }

    private static NavigableMap<byte[], byte[]> rows(TransactionCore core) {
        NavigableMap<byte[], byte[]> rows = new TreeMap<>(Keys.ORDER);
        core.lock.lock();
        try {
            rows.put(STATUS, StatusReport.json(core.engine).getBytes(StandardCharsets.UTF_8));
            rows.put(PLACE, core.engine.place().getBytes(StandardCharsets.UTF_8));
            KeyRangeSet conflicting = new KeyRangeSet();
            List<byte[]> pairs = core.conflicted();
            for (int i = 0; i < pairs.size(); i += 2) {
                conflicting.add(pairs.get(i), pairs.get(i + 1));
            }
            addRanges(rows, CONFLICTING, conflicting);
            addRanges(rows, READ_CONFLICTS, core.readConflicts());
            addRanges(rows, WRITE_CONFLICTS, core.writes().writeConflicts());
        } finally {
            core.lock.unlock();
        }
        return rows;
    }

    private static void addRanges(Map<byte[], byte[]> rows, byte[] prefix, KeyRangeSet ranges) {
        ranges.forEach((begin, end) -> {
            rows.put(joined(prefix, begin), new byte[] {'1'});
            rows.put(joined(prefix, end), new byte[] {'0'});
        });
    }

    private static byte[] joined(byte[] prefix, byte[] key) {
        byte[] joined = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, joined, prefix.length, key.length);
        return joined;
    }
}
