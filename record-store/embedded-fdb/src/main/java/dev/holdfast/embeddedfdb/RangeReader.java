package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.engine.Keys;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

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
     */
    record Chunk(List<KeyValue> rows, boolean more) {
        static final Chunk NOTHING = new Chunk(List.of(), false);
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

    /**
     * The rows from one selector to another.
     *
     * <p>The ranges told to {@code dependsOn} are those that the outcome depends on: what was
     * walked to find each bound, and the rows between the bounds as far as they were read. The real
     * client tells one range between the selectors' own keys; the parts here are never less than
     * what was seen.
     */
    static Chunk read(
            MergedRows rows,
            Selector begin,
            Selector end,
            Limits limits,
            boolean reverse,
            byte[] maxKey,
            BiConsumer<byte[], byte[]> dependsOn) {
        byte[] from = bound(rows, begin, maxKey, dependsOn);
        byte[] to = bound(rows, end, maxKey, dependsOn);
        if (Keys.compare(from, to) >= 0) {
            return Chunk.NOTHING;
        }
        List<KeyValue> found = new ArrayList<>();
        boolean more = collect(rows, from, to, limits, reverse, found);
        if (more) {
            byte[] last = found.get(found.size() - 1).getKey();
            dependsOn.accept(reverse ? last : from, reverse ? to : Keys.after(last));
        } else {
            dependsOn.accept(from, to);
        }
        return new Chunk(found, more);
    }

    private static byte[] bound(
            MergedRows rows,
            Selector selector,
            byte[] maxKey,
            BiConsumer<byte[], byte[]> dependsOn) {
        if (selector.offset() == 1) {
            return Keys.min(selector.key(), maxKey);
        }
        byte[] found = resolve(rows, selector, maxKey);
        walked(selector, found, dependsOn);
        return found;
    }

    /** Tells what finding a selector's key depended on. */
    static void walked(Selector selector, byte[] found, BiConsumer<byte[], byte[]> dependsOn) {
        if (selector.offset() <= 0) {
            dependsOn.accept(found, selector.key());
        } else {
            dependsOn.accept(selector.key(), Keys.after(found));
        }
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
}
