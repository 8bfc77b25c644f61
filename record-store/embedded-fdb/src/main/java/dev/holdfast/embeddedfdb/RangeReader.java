package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.engine.Keys;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

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
            byte[] from = Keys.cutToLimit(selector.orEqual() ? Keys.after(key) : key);
            return new Selector(from, selector.getOffset());
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
    record Chunk<R extends KeyValue>(List<R> rows, boolean more) {
        static <R extends KeyValue> Chunk<R> nothing() {
            return new Chunk<>(List.of(), false);
        }
    }

    /** Where a selector leads. */
    static final class Place {
        private final byte[] key;
        private final int left;
        private final byte[] position;

        private Place(byte[] key, int left, byte[] position) {
            this.key = key;
            this.left = left;
            this.position = position;
        }

        private static Place at(byte[] key) {
            return new Place(key, 1, key);
        }

        /** The key, clamped to the empty key and to the last readable one. */
        byte[] key() {
            return key;
        }

        /** The offset that remained where the rows ended before it was used up; else 1. */
        int left() {
            return left;
        }

        /**
         * The key; or, where the rows ended just as the offset was used up, the place right behind
         * the last of them.
         */
        byte[] position() {
            return position;
        }
    }

    /** What a reader's keys and limits are, and which of the client's rules it follows. */
    static final class Request {
        private final Selector begin;
        private final Selector end;
        private final Limits limits;
        private final boolean reverse;
        private final byte[] maxKey;
        private final boolean throughClient;

        /**
         * @param maxKey behind the last key that may be read
         * @param throughClient whether own writes are read, which decides what conflicts
         */
        Request(
                Selector begin,
                Selector end,
                Limits limits,
                boolean reverse,
                byte[] maxKey,
                boolean throughClient) {
            this.begin = begin;
            this.end = end;
            this.limits = limits;
            this.reverse = reverse;
            this.maxKey = maxKey;
            this.throughClient = throughClient;
        }

        Selector begin() {
            return begin;
        }

        Selector end() {
            return end;
        }

        boolean reverse() {
            return reverse;
        }

        byte[] maxKey() {
            return maxKey;
        }

        boolean throughClient() {
            return throughClient;
        }

        private Request endingAt(byte[] key) {
            return new Request(begin, new Selector(key, 1), limits, reverse, maxKey, throughClient);
        }
    }

    /** The key a selector names, clamped to the empty key and to {@code maxKey}. */
    static byte[] resolve(MergedRows rows, Selector selector, byte[] maxKey) {
        return place(rows, selector, maxKey).key();
    }

    private static Place place(MergedRows rows, Selector selector, byte[] maxKey) {
        int left = selector.offset();
        if (left >= 1) {
            rows.first(selector.key(), maxKey);
            byte[] behind = selector.key();
            while (left > 1 && rows.key() != null) {
                left--;
                behind = Keys.after(rows.key());
                rows.next(maxKey);
            }
            byte[] key = rows.key();
            if (key != null) {
                return Place.at(key);
            }
            return new Place(maxKey, left, left == 1 ? behind : maxKey);
        }
        rows.last(Keys.EMPTY, selector.key());
        while (left < 1 && rows.key() != null) {
            left++;
            if (left < 1) {
                rows.previous(Keys.EMPTY);
            }
        }
        byte[] key = rows.key();
        return key == null ? new Place(Keys.EMPTY, left, Keys.EMPTY) : Place.at(key);
    }

    /** A bound of a range: a selector that walks is followed, another is taken as it is. */
    private static Place bound(MergedRows rows, Selector selector, byte[] maxKey) {
        return selector.offset() == 1
                ? Place.at(Keys.min(selector.key(), maxKey))
                : place(rows, selector, maxKey);
    }

    /**
     * The rows from one selector to another.
     *
     * @param dependsOn told the one range that the outcome depends on, by the real client's rules;
     *     null where nothing is to be checked
     */
    static Chunk<KeyValue> read(
            MergedRows rows, Request request, @Nullable BiConsumer<byte[], byte[]> dependsOn) {
        Place from = bound(rows, request.begin(), request.maxKey());
        Place to = bound(rows, request.end(), request.maxKey());
        if (!request.throughClient() && request.reverse() && request.end().offset() > 1) {
            // The client finds such an end by a read of its own first.
            if (dependsOn != null) {
                walked(request.end(), to.key(), dependsOn);
            }
            return read(rows, request.endingAt(to.key()), dependsOn);
        }
        List<KeyValue> found = new ArrayList<>();
        boolean more = false;
        if (Keys.compare(from.key(), to.key()) < 0) {
            more = collect(rows, from.key(), to.key(), request.limits, request.reverse(), found);
        }
        Chunk<KeyValue> chunk = new Chunk<>(found, more);
        if (dependsOn != null) {
            new ReadConflicts(request, chunk, from, to).tell(dependsOn);
        }
        return chunk;
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
