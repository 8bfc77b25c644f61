package dev.holdfast.embeddedfdb.engine;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The combined effect of a group of commits on the state before it: which ranges are cleared, and
 * then which keys have which value (null for cleared). Mutations are applied in order, so that a
 * later commit of the group sees what an earlier one did.
 */
final class GroupWrites {
    /** The state before the group. */
    interface Before {
        byte @Nullable [] get(byte[] key);
    }

    private final Before before;
    private final TreeMap<byte[], byte @Nullable []> values = new TreeMap<>(Keys.ORDER);
    private final KeyRangeSet cleared = new KeyRangeSet();

    GroupWrites(Before before) {
        this.before = before;
    }

    boolean isEmpty() {
        return values.isEmpty() && cleared.isEmpty();
    }

    /** Cleared ranges; what {@link #values} says about a key of them wins. */
    KeyRangeSet cleared() {
        return cleared;
    }

    NavigableMap<byte[], byte @Nullable []> values() {
        return values;
    }

    /** Applies one mutation with the group's versionstamp for it. */
    void apply(Mutation mutation, byte[] stamp) {
        byte[] key = mutation.key();
        byte[] parameter = mutation.parameter();
        switch (mutation.kind()) {
            case SET -> values.put(key, parameter);
            case CLEAR_RANGE -> clear(key, parameter);
            case SET_VERSIONSTAMPED_KEY -> values.put(Versionstamps.fill(key, stamp), parameter);
            case SET_VERSIONSTAMPED_VALUE -> values.put(key, Versionstamps.fill(parameter, stamp));
            case ADD,
                    AND,
                    OR,
                    XOR,
                    APPEND_IF_FITS,
                    MAX,
                    MIN,
                    BYTE_MIN,
                    BYTE_MAX,
                    COMPARE_AND_CLEAR ->
                    values.put(key, AtomicOps.apply(mutation.kind(), get(key), parameter));
        }
    }

    private void clear(byte[] begin, byte[] end) {
        if (Keys.isSingle(begin, end)) {
            values.put(begin, null);
            return;
        }
        values.subMap(begin, true, end, false).clear();
        cleared.add(begin, end);
    }

    private byte @Nullable [] get(byte[] key) {
        if (values.containsKey(key)) {
            return values.get(key);
        }
        return cleared.contains(key) ? null : before.get(key);
    }

    /** Whether the key's value after the group differs from {@code expected}. */
    boolean changes(byte[] key, byte @Nullable [] expected) {
        if (values.containsKey(key)) {
            return !Arrays.equals(values.get(key), expected);
        }
        return cleared.contains(key) && expected != null;
    }

    /** Bytes of keys and values to be written. */
    long bytes() {
        long bytes = 0;
        for (Map.Entry<byte[], byte @Nullable []> entry : values.entrySet()) {
            byte[] value = entry.getValue();
            bytes += entry.getKey().length + (value == null ? 0 : value.length);
        }
        return bytes;
    }
}
