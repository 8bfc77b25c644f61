package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.engine.Keys;
import java.util.ArrayList;
import java.util.List;

/** Key selectors and ranges over the rows that a transaction sees. */
final class RangeReader {
    /** Bytes counted for a row beside its key and value, as the real client does. */
    private static final int ROW_OVERHEAD_BYTES = 8;

    private RangeReader() {}

    /**
     * A selector as an offset from the first key at or after {@code key}; an offset of 1 is that
     * key itself, 0 the one before.
     */
    static final class Selector {
        private final byte[] key;
        private final int offset;

        Selector(byte[] key, int offset) {
            this.key = key;
            this.offset = offset;
        }

        static Selector of(KeySelector selector) {
            byte[] key = selector.getKey();
            return new Selector(selector.orEqual() ? Keys.after(key) : key, selector.getOffset());
        }

        byte[] key() {
            return key;
        }

        int offset() {
            return offset;
        }
    }

    /** How much of a range to read at once; 0 rows or bytes stand for no limit. */
    record Limits(int rows, int bytes) {}

    /**
     * Rows of a range.
     *
     * @param rows in the order asked for
     * @param more whether a limit ended the read
     * @param toBegin whether a selector ran off the beginning of the key space
     * @param throughEnd whether a selector ran off its end
     */
    record Chunk(List<KeyValue> rows, boolean more, boolean toBegin, boolean throughEnd) {
        static final Chunk NOTHING = new Chunk(List.of(), false, false, false);
    }

    /** The key a selector names, clamped to the empty key and to {@code maxKey}. */
    static byte[] resolve(MergedRows rows, Selector selector, byte[] maxKey) {
        if (selector.offset() > 0) {
            rows.first(selector.key(), maxKey);
            for (int i = 1; i < selector.offset() && rows.key() != null; i++) {
                rows.next(maxKey);
            }
            byte[] key = rows.key();
            return key == null ? maxKey : key;
        }
        rows.last(Keys.EMPTY, selector.key());
        for (int i = 0; i > selector.offset() && rows.key() != null; i--) {
            rows.previous(Keys.EMPTY);
        }
        byte[] key = rows.key();
        return key == null ? Keys.EMPTY : key;
    }

    /** The rows from one selector to another. */
    static Chunk read(
            MergedRows rows,
            Selector begin,
            Selector end,
            Limits limits,
            boolean reverse,
            byte[] maxKey) {
        byte[] from = bound(rows, begin, maxKey);
        byte[] to = bound(rows, end, maxKey);
        boolean toBegin =
                (begin.offset() <= 0 && from.length == 0) || (end.offset() <= 0 && to.length == 0);
        boolean throughEnd =
                (begin.offset() > 1 && Keys.compare(from, maxKey) == 0)
                        || (end.offset() > 1 && Keys.compare(to, maxKey) == 0);
        List<KeyValue> found = new ArrayList<>();
        if (Keys.compare(from, to) >= 0) {
            return new Chunk(found, false, toBegin, throughEnd);
        }
        boolean more = collect(rows, from, to, limits, reverse, found);
        return new Chunk(found, more, toBegin, throughEnd);
    }

    private static byte[] bound(MergedRows rows, Selector selector, byte[] maxKey) {
        return selector.offset() == 1 ? selector.key() : resolve(rows, selector, maxKey);
    }

    private static boolean collect(
            MergedRows rows,
            byte[] from,
            byte[] to,
            Limits limits,
            boolean reverse,
            List<KeyValue> found) {
        long bytes = 0;
        if (reverse) {
            rows.last(from, to);
        } else {
            rows.first(from, to);
        }
        byte[] key = rows.key();
        while (key != null) {
            byte[] value = rows.value();
            found.add(new KeyValue(key, value));
            bytes += key.length + value.length + ROW_OVERHEAD_BYTES;
            if ((limits.rows() > 0 && found.size() >= limits.rows())
                    || (limits.bytes() > 0 && bytes >= limits.bytes())) {
                return true;
            }
            if (reverse) {
                rows.previous(from);
            } else {
                rows.next(to);
            }
            key = rows.key();
        }
        return false;
    }

    /**
     * The range that a read must be checked for: everything that could have changed its outcome.
     * Follows addConflictRange of the real client.
     *
     * @return begin and end
     */
    static byte[][] conflictRange(
            Selector begin, Selector end, Chunk chunk, boolean reverse, byte[] maxKey) {
        byte[] low = Keys.min(begin.key(), end.key());
        byte[] high = Keys.max(begin.key(), end.key());
        boolean ordered = Keys.compare(begin.key(), end.key()) < 0;
        if (ordered && chunk.more()) {
            if (!reverse && end.offset() > 0) {
                high = begin.key();
            } else if (reverse && begin.offset() <= 0) {
                low = end.key();
            }
        }
        if (chunk.toBegin() && begin.offset() <= 0) {
            low = Keys.EMPTY;
        }
        if (chunk.throughEnd() && end.offset() > 0) {
            high = maxKey;
        }
        if (chunk.rows().isEmpty()) {
            return new byte[][] {low, high};
        }
        byte[] first = chunk.rows().get(0).getKey();
        byte[] last = chunk.rows().get(chunk.rows().size() - 1).getKey();
        if (reverse) {
            low = chunk.more() && ordered && begin.offset() > 0 ? last : Keys.min(low, last);
            if (end.offset() > 0 && Keys.compare(high, first) <= 0) {
                high = Keys.after(first);
            }
        } else {
            if (begin.offset() <= 0) {
                low = Keys.min(low, first);
            }
            if (Keys.compare(high, last) <= 0) {
                high = Keys.after(last);
            }
        }
        return new byte[][] {low, high};
    }
}
