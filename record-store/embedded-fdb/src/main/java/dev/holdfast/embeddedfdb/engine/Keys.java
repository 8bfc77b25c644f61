package dev.holdfast.embeddedfdb.engine;

import java.util.Arrays;
import java.util.Comparator;

/** The order of keys and the few constructions that the key space is built from. */
@SuppressWarnings("MutablePublicArray") // shared bounds, which no code of the engine changes
public final class Keys {
    /** Unsigned lexicographic order, which is FoundationDB's and RocksDB's. */
    public static final Comparator<byte[]> ORDER = Arrays::compareUnsigned;

    public static final byte[] EMPTY = {};

    /** End of the keys that need no option: {@code \xff}. */
    public static final byte[] NORMAL_END = {(byte) 0xff};

    /** End of everything that is stored for users: {@code \xff\xff}. */
    public static final byte[] ALL_END = {(byte) 0xff, (byte) 0xff};

    public static final int KEY_BYTES_MAX = 10_000;
    public static final int TENANT_PREFIX_BYTES_MAX = 28;
    public static final int SYSTEM_KEY_BYTES_MAX = 30_000;
    public static final int VALUE_BYTES_MAX = 100_000;

    private Keys() {}

    public static int compare(byte[] left, byte[] right) {
        return Arrays.compareUnsigned(left, right);
    }

    public static byte[] min(byte[] left, byte[] right) {
        return compare(left, right) <= 0 ? left : right;
    }

    public static byte[] max(byte[] left, byte[] right) {
        return compare(left, right) >= 0 ? left : right;
    }

    /** The first key after {@code key}: the key with a zero byte behind it. */
    public static byte[] after(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }

    /**
     * The first key behind all that start with {@code prefix}, whose last byte must not be 0xff.
     */
    public static byte[] prefixEnd(byte[] prefix) {
        byte[] end = prefix.clone();
        end[end.length - 1]++;
        return end;
    }

    /** Whether {@code [begin, end)} holds exactly one key. */
    public static boolean isSingle(byte[] begin, byte[] end) {
        int length = begin.length;
        return end.length == length + 1
                && end[length] == 0
                && Arrays.equals(begin, 0, length, end, 0, length);
    }

    public static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length
                && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    public static boolean isSystem(byte[] key) {
        return key.length > 0 && key[0] == (byte) 0xff;
    }

    /** Longest key that can be written at this place of the key space, in bytes. */
    public static int sizeMax(byte[] key) {
        return isSystem(key) ? SYSTEM_KEY_BYTES_MAX : KEY_BYTES_MAX;
    }

    /** Longest key that can be read or cleared there: a tenant's may have its prefix before it. */
    public static int readSizeMax(byte[] key) {
        return isSystem(key) ? SYSTEM_KEY_BYTES_MAX : KEY_BYTES_MAX + TENANT_PREFIX_BYTES_MAX;
    }

    /**
     * No stored key is longer than the limit, so a longer bound can be cut without a difference.
     */
    public static byte[] cutToLimit(byte[] key) {
        int limit = readSizeMax(key);
        return key.length > limit ? Arrays.copyOf(key, limit + 1) : key;
    }
}
