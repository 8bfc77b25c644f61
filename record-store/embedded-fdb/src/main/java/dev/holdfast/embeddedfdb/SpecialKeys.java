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
    private static final byte[] END = {(byte) 0xff, (byte) 0xff, (byte) 0xff};
    private static final byte[] STATUS = special("/status/json");
    private static final byte[] PLACE = special("/cluster_file_path");
    private static final byte[] CONNECTION = special("/connection_string");
    private static final byte[] ERROR = special("/error_message");
    private static final byte[] TRACED = special("/tracing/transaction_id");
    private static final byte[] CONFLICTING = special("/transaction/conflicting_keys/");
    private static final byte[] READ_CONFLICTS = special("/transaction/read_conflict_range/");
    private static final byte[] WRITE_CONFLICTS = special("/transaction/write_conflict_range/");

    /** Keys that are read together; a range must not cross from one into another. */
    private static final class Module {
        private final byte[] begin;
        private final byte[] end;

        Module(byte[] begin, byte[] end) {
            this.begin = begin;
            this.end = end;
        }

        static Module of(String path) {
            byte[] end = special(path);
            end[end.length - 1]++;
            return new Module(special(path), end);
        }

        static Module of(byte[] key) {
            return new Module(key, Keys.after(key));
        }

        boolean holds(byte[] key) {
            return Keys.compare(begin, key) <= 0 && Keys.compare(key, end) < 0;
        }
    }

    private static final Module WHOLE = new Module(Keys.ALL_END, END);
    private static final List<Module> MODULES =
            List.of(
                    Module.of("/transaction/"),
                    Module.of("/worker_interfaces/"),
                    Module.of(STATUS),
                    Module.of(CONNECTION),
                    Module.of(PLACE),
                    Module.of(ERROR),
                    Module.of("/metrics/"),
                    Module.of("/management/"),
                    Module.of("/configuration/"),
                    Module.of("/global_config/"),
                    Module.of("/tracing/"),
                    Module.of("/actor_lineage/"),
                    Module.of("/actor_profiler_conf/"));

    private SpecialKeys() {}

    private static byte[] special(String path) {
        byte[] key = ("??" + path).getBytes(StandardCharsets.US_ASCII);
        key[0] = (byte) 0xff;
        key[1] = (byte) 0xff;
        return key;
    }

    static boolean isSpecial(byte[] key) {
        return WHOLE.holds(key);
    }

    /** No special key can be written here. */
    static void refuseWrite(TransactionCore core, byte[] key) {
        if (isSpecial(key)) {
            throw core.settings.specialKeyWrites
                    ? FdbError.SPECIAL_KEYS_NO_WRITE_MODULE_FOUND.exception()
                    : FdbError.SPECIAL_KEYS_WRITE_DISABLED.exception();
        }
    }

    /** The value of a special key, or null. */
    static byte @Nullable [] get(TransactionCore core, byte[] key) {
        core.requireNotSpoiled();
        if (Keys.compare(key, Keys.ALL_END) == 0) {
            return null;
        }
        module(core, key, Keys.after(key));
        return rows(core, key, Keys.after(key)).get(key);
    }

    /** Whether a range is one of special keys. */
    static boolean isSpecial(KeySelector begin, KeySelector end) {
        return isSpecial(begin.getKey())
                && Keys.compare(Keys.ALL_END, end.getKey()) <= 0
                && Keys.compare(end.getKey(), END) <= 0;
    }

    /** The special rows between two selectors, which walk within their module. */
    static Chunk<KeyValue> range(
            TransactionCore core,
            KeySelector begin,
            KeySelector end,
            Limits limits,
            boolean reverse) {
        core.requireNotSpoiled();
        byte[] low = begin.orEqual() ? Keys.after(begin.getKey()) : begin.getKey();
        byte[] high = end.orEqual() ? Keys.after(end.getKey()) : end.getKey();
        if (begin.getOffset() >= end.getOffset() && Keys.compare(low, high) >= 0) {
            return Chunk.nothing();
        }
        Module module = module(core, low, high);
        if (Keys.compare(low, high) >= 0 && begin.getOffset() == 1 && end.getOffset() == 1) {
            return Chunk.nothing();
        }
        boolean walks = begin.getOffset() != 1 || end.getOffset() != 1;
        NavigableMap<byte[], byte[]> rows =
                walks ? rows(core, module.begin, module.end) : rows(core, low, high);
        byte[] from = walked(rows, low, begin.getOffset(), module);
        byte[] to = walked(rows, high, end.getOffset(), module);
        if (Keys.compare(from, to) >= 0) {
            return Chunk.nothing();
        }
        List<KeyValue> found = new ArrayList<>();
        for (Map.Entry<byte[], byte[]> row : rows.subMap(from, true, to, false).entrySet()) {
            found.add(new KeyValue(row.getKey(), row.getValue()));
        }
        List<KeyValue> ordered = reverse ? found.reversed() : found;
        boolean more = limits.rows() > 0 && ordered.size() > limits.rows();
        return new Chunk<>(List.copyOf(more ? ordered.subList(0, limits.rows()) : ordered), more);
    }

    private static byte[] walked(
            NavigableMap<byte[], byte[]> rows, byte[] key, int offset, Module module) {
        if (offset == 1) {
            return key;
        }
        List<byte[]> keys = new ArrayList<>(rows.keySet());
        int index = rows.headMap(key, false).size() + offset - 1;
        if (index < 0) {
            return module.begin;
        }
        return index >= keys.size() ? module.end : keys.get(index);
    }

    private static Module module(TransactionCore core, byte[] from, byte[] to) {
        if (core.settings.specialKeysRelaxed) {
            return WHOLE;
        }
        byte[] gapBegin = WHOLE.begin;
        byte[] gapEnd = WHOLE.end;
        for (Module module : MODULES) {
            if (module.holds(from)) {
                if (Keys.compare(module.begin, to) <= 0 && Keys.compare(to, module.end) <= 0) {
                    return module;
                }
                throw FdbError.SPECIAL_KEYS_CROSS_MODULE_READ.exception();
            }
            if (Keys.compare(module.end, from) <= 0) {
                gapBegin = Keys.max(gapBegin, module.end);
            } else {
                gapEnd = Keys.min(gapEnd, module.begin);
            }
        }
        throw Keys.compare(gapBegin, to) <= 0 && Keys.compare(to, gapEnd) <= 0
                ? FdbError.SPECIAL_KEYS_NO_MODULE_FOUND.exception()
                : FdbError.SPECIAL_KEYS_CROSS_MODULE_READ.exception();
    }

    private static boolean meets(byte[] from, byte[] to, byte[] prefix) {
        return Keys.compare(from, Keys.prefixEnd(prefix)) < 0 && Keys.compare(prefix, to) < 0;
    }

    /** The rows in {@code [from, to)}; only what lies there is made. */
    private static NavigableMap<byte[], byte[]> rows(TransactionCore core, byte[] from, byte[] to) {
        NavigableMap<byte[], byte[]> rows = new TreeMap<>(Keys.ORDER);
        core.lock.lock();
        try {
            if (meets(from, to, STATUS)) {
                rows.put(STATUS, utf8(StatusReport.json(core.engine)));
            }
            rows.put(PLACE, utf8(core.engine.place()));
            rows.put(CONNECTION, utf8("embedded:embedded@127.0.0.1:0"));
            rows.put(TRACED, utf8("0"));
            KeyRangeSet conflicting = new KeyRangeSet();
            List<byte[]> pairs = core.conflicted();
            for (int i = 0; i < pairs.size(); i += 2) {
                conflicting.add(pairs.get(i), pairs.get(i + 1));
            }
            addRanges(rows, CONFLICTING, conflicting);
            if (meets(from, to, READ_CONFLICTS)) {
                core.underWay.requireSucceeded();
                addRanges(rows, READ_CONFLICTS, core.readConflicts());
            }
            addRanges(rows, WRITE_CONFLICTS, core.changes.conflicts());
        } finally {
            core.lock.unlock();
        }
        return rows.subMap(from, true, to, false);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
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
