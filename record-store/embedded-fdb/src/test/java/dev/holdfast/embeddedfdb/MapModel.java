package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The plainest database there is: an ordered map, with FoundationDB's operations spelled out. */
final class MapModel {
    private static final byte[] END = {(byte) 0xff};

    private final TreeMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);

    MapModel() {}

    MapModel(MapModel other) {
        rows.putAll(other.rows);
    }

    byte @Nullable [] get(byte[] key) {
        return rows.get(key);
    }

    void set(byte[] key, byte[] value) {
        rows.put(key, value);
    }

    void clear(byte[] begin, byte[] end) {
        if (Arrays.compareUnsigned(begin, end) < 0) {
            rows.subMap(begin, true, end, false).clear();
        }
    }

    /** Little-endian number of the first {@code length} bytes, missing ones being zero. */
    private static BigInteger number(byte[] bytes, int length) {
        byte[] bigEndian = new byte[length];
        for (int i = 0; i < Math.min(bytes.length, length); i++) {
            bigEndian[length - 1 - i] = bytes[i];
        }
        return new BigInteger(1, bigEndian);
    }

    private static byte[] bytes(BigInteger number, int length) {
        byte[] result = new byte[length];
        for (int i = 0; i < length; i++) {
            result[i] = number.shiftRight(8 * i).byteValue();
        }
        return result;
    }

    void mutate(MutationType type, byte[] key, byte[] operand) {
        byte[] old = rows.get(key);
        int length = operand.length;
        BigInteger left = number(old == null ? new byte[0] : old, length);
        BigInteger right = number(operand, length);
        boolean present = old != null;
        byte[] base = old == null ? new byte[0] : old;
        boolean filled = base.length > 0;
        switch (type) {
            case ADD -> put(key, filled ? bytes(left.add(right), length) : operand);
            case BIT_AND -> put(key, present ? bytes(left.and(right), length) : operand);
            case BIT_OR -> put(key, filled ? bytes(left.or(right), length) : operand);
            case BIT_XOR -> put(key, filled ? bytes(left.xor(right), length) : operand);
            case MAX -> put(key, filled ? bytes(left.max(right), length) : operand);
            case MIN -> put(key, present ? bytes(left.min(right), length) : operand);
            case BYTE_MIN ->
                    put(key, present && Arrays.compareUnsigned(base, operand) < 0 ? base : operand);
            case BYTE_MAX ->
                    put(key, present && Arrays.compareUnsigned(base, operand) > 0 ? base : operand);
            case APPEND_IF_FITS -> {
                byte[] joined = Arrays.copyOf(base, base.length + length);
                System.arraycopy(operand, 0, joined, joined.length - length, length);
                put(key, joined);
            }
            case COMPARE_AND_CLEAR -> {
                if (Arrays.equals(old, operand)) {
                    rows.remove(key);
                }
            }
            default -> throw new IllegalArgumentException(type.name());
        }
    }

    private void put(byte[] key, byte[] value) {
        rows.put(key, value);
    }

    byte[] getKey(KeySelector selector) {
        byte[] key = selector.getKey();
        List<byte[]> keys = new ArrayList<>(rows.keySet());
        int at = 0;
        while (at < keys.size()
                && (selector.orEqual()
                        ? Arrays.compareUnsigned(keys.get(at), key) <= 0
                        : Arrays.compareUnsigned(keys.get(at), key) < 0)) {
            at++;
        }
        int index = at - 1 + selector.getOffset();
        if (index < 0) {
            return new byte[0];
        }
        return index >= keys.size() ? END : keys.get(index);
    }

    List<KeyValue> getRange(KeySelector begin, KeySelector end, int limit, boolean reverse) {
        byte[] from = getKey(begin);
        byte[] to = getKey(end);
        List<KeyValue> found = new ArrayList<>();
        if (Arrays.compareUnsigned(from, to) >= 0) {
            return found;
        }
        TreeMap<byte[], byte[]> part = new TreeMap<>(rows.subMap(from, true, to, false));
        for (Map.Entry<byte[], byte[]> row : (reverse ? part.descendingMap() : part).entrySet()) {
            if (limit > 0 && found.size() == limit) {
                break;
            }
            found.add(new KeyValue(row.getKey(), row.getValue()));
        }
        return found;
    }

    List<KeyValue> all() {
        List<KeyValue> all = new ArrayList<>();
        rows.forEach((key, value) -> all.add(new KeyValue(key, value)));
        return all;
    }
}
