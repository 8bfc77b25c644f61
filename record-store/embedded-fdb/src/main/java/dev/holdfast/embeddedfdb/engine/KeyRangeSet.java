package dev.holdfast.embeddedfdb.engine;

import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A set of keys kept as disjoint, non-adjacent half-open ranges. Adding or removing a range costs
 * the logarithm of the number of ranges plus the ranges it swallows. Not thread-safe.
 */
public final class KeyRangeSet {
    private final TreeMap<byte[], byte[]> endByBegin = new TreeMap<>(Keys.ORDER);

    public boolean isEmpty() {
        return endByBegin.isEmpty();
    }

    public int size() {
        return endByBegin.size();
    }

    public void clear() {
        endByBegin.clear();
    }

    /** Adds {@code [begin, end)}; an empty or inverted range adds nothing. */
    public void add(byte[] begin, byte[] end) {
        if (Keys.compare(begin, end) >= 0) {
            return;
        }
        byte[] newBegin = begin;
        byte[] newEnd = end;
        Map.Entry<byte[], byte[]> before = endByBegin.floorEntry(begin);
        if (before != null && Keys.compare(before.getValue(), begin) >= 0) {
            if (Keys.compare(before.getValue(), end) >= 0) {
                return;
            }
            newBegin = before.getKey();
        }
        Map.Entry<byte[], byte[]> last = endByBegin.floorEntry(end);
        if (last != null && Keys.compare(last.getValue(), newEnd) > 0) {
            newEnd = last.getValue();
        }
        if (last != null && Keys.compare(last.getKey(), newBegin) >= 0) {
            endByBegin.subMap(newBegin, true, end, true).clear();
        }
        endByBegin.put(newBegin, newEnd);
    }

    /** Takes {@code [begin, end)} out. */
    public void remove(byte[] begin, byte[] end) {
        if (endByBegin.isEmpty() || Keys.compare(begin, end) >= 0) {
            return;
        }
        Map.Entry<byte[], byte[]> before = endByBegin.lowerEntry(begin);
        Map.Entry<byte[], byte[]> last = endByBegin.lowerEntry(end);
        byte[] lastEnd = last == null ? null : last.getValue();
        endByBegin.subMap(begin, true, end, false).clear();
        if (before != null && Keys.compare(before.getValue(), begin) > 0) {
            endByBegin.put(before.getKey(), begin);
        }
        if (lastEnd != null && Keys.compare(lastEnd, end) > 0) {
            endByBegin.put(end, lastEnd);
        }
    }

    public boolean contains(byte[] key) {
        return endOfRangeWith(key) != null;
    }

    /** The end of the range that holds the key, or null when none does. */
    public byte @Nullable [] endOfRangeWith(byte[] key) {
        Map.Entry<byte[], byte[]> entry = endByBegin.floorEntry(key);
        return entry != null && Keys.compare(entry.getValue(), key) > 0 ? entry.getValue() : null;
    }

    /** The begin of the range that holds the key, or null when none does. */
    public byte @Nullable [] beginOfRangeWith(byte[] key) {
        Map.Entry<byte[], byte[]> entry = endByBegin.floorEntry(key);
        return entry != null && Keys.compare(entry.getValue(), key) > 0 ? entry.getKey() : null;
    }

    public boolean intersects(byte[] begin, byte[] end) {
        Map.Entry<byte[], byte[]> entry = endByBegin.lowerEntry(end);
        return entry != null
                && Keys.compare(begin, end) < 0
                && Keys.compare(entry.getValue(), begin) > 0;
    }

    /** The first key in {@code [begin, end)} that is in this set, else {@code end}. */
    public byte[] firstFrom(byte[] begin, byte[] end) {
        if (contains(begin)) {
            return begin;
        }
        byte[] next = endByBegin.ceilingKey(begin);
        return next == null ? end : Keys.min(next, end);
    }

    /** The parts of {@code [begin, end)} that are not in this set, in order. */
    public void forEachGap(byte[] begin, byte[] end, BiConsumer<byte[], byte[]> gap) {
        byte[] position = begin;
        byte[] covered = endOfRangeWith(begin);
        if (covered != null) {
            position = covered;
        }
        while (Keys.compare(position, end) < 0) {
            Map.Entry<byte[], byte[]> next = endByBegin.ceilingEntry(position);
            byte[] gapEnd = next == null ? end : Keys.min(next.getKey(), end);
            if (Keys.compare(position, gapEnd) < 0) {
                gap.accept(position, gapEnd);
            }
            if (next == null) {
                return;
            }
            position = next.getValue();
        }
    }

    public void forEach(BiConsumer<byte[], byte[]> range) {
        endByBegin.forEach(range);
    }

    /** The ranges as an unmodifiable map from begin to end. */
    public NavigableMap<byte[], byte[]> asMap() {
        return Collections.unmodifiableNavigableMap(endByBegin);
    }
}
