package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.Stored;
import dev.holdfast.embeddedfdb.engine.View;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows a transaction sees, in order: the stored rows of its view under its own writes. A row
 * that a pending versionstamp may touch fails the walk with 1036.
 */
final class MergedRows implements AutoCloseable {
    private final View.Cursor stored;
    private final WriteMap writes;
    private final boolean plain;
    private final boolean unreadableMatters;
    private byte @Nullable [] key;
    private byte @Nullable [] value;

    /** The option to see unreadable values is for single keys; as in the real client, not here. */
    MergedRows(Stored rows, WriteMap writes) {
        stored = rows.cursor();
        this.writes = writes;
        plain = writes.isEmpty();
        unreadableMatters = !writes.unreadable().isEmpty();
    }

    /** The key of the present row, or null past the bound. */
    byte @Nullable [] key() {
        return key;
    }

    /** The value of the present row; only while there is one. */
    byte[] value() {
        byte[] present = value;
        return present == null ? stored.value() : present;
    }

    /** Goes to the first row in {@code [from, to)}. */
    void first(byte[] from, byte[] to) {
        stored.seek(from);
        forward(from, to);
    }

    /** Goes to the row after the present one, before {@code to}. */
    void next(byte[] to) {
        byte[] present = key;
        if (present == null) {
            return;
        }
        if (plain) {
            stored.next();
            settle(stored.key(), to);
            return;
        }
        byte[] below = stored.key();
        if (below != null && Keys.compare(below, present) <= 0) {
            stored.next();
        }
        forward(Keys.after(present), to);
    }

    private void settle(byte @Nullable [] candidate, byte[] to) {
        key = candidate != null && Keys.compare(candidate, to) < 0 ? candidate : null;
        value = null;
    }

    /** The stored cursor stands at or after {@code from}. */
    private void forward(byte[] from, byte[] to) {
        if (plain) {
            settle(stored.key(), to);
            return;
        }
        byte[] position = from;
        KeyRangeSet cleared = writes.cleared();
        while (true) {
            byte[] below = stored.key();
            while (below != null && Keys.compare(below, to) < 0) {
                byte[] clearedEnd = cleared.endOfRangeWith(below);
                if (clearedEnd == null) {
                    break;
                }
                stored.seek(clearedEnd);
                below = stored.key();
            }
            Map.Entry<byte[], WriteMap.Operations> own = writes.firstOperationsFrom(position);
            if (own != null && Keys.compare(own.getKey(), to) >= 0) {
                own = null;
            }
            if (below != null && Keys.compare(below, to) >= 0) {
                below = null;
            }
            if (own == null || (below != null && Keys.compare(below, own.getKey()) < 0)) {
                requireReadable(from, below == null ? to : Keys.after(below));
                key = below;
                value = null;
                return;
            }
            byte[] ownKey = own.getKey();
            requireReadable(from, Keys.after(ownKey));
            boolean both = below != null && Keys.compare(below, ownKey) == 0;
            byte[] merged = own.getValue().valueOver(both ? stored.value() : null);
            if (merged != null) {
                key = ownKey;
                value = merged;
                return;
            }
            if (both) {
                stored.next();
            }
            position = Keys.after(ownKey);
        }
    }

    /** Goes to the last row in {@code [from, to)}. */
    void last(byte[] from, byte[] to) {
        stored.seekBefore(to);
        backward(from, to);
    }

    /** Goes to the row before the present one, not before {@code from}. */
    void previous(byte[] from) {
        byte[] present = key;
        if (present == null) {
            return;
        }
        byte[] below = stored.key();
        if (below != null && Keys.compare(below, present) >= 0) {
            stored.previous();
        }
        backward(from, present);
    }

    /** The stored cursor stands before {@code to}. */
    private void backward(byte[] from, byte[] to) {
        byte[] position = to;
        KeyRangeSet cleared = writes.cleared();
        while (true) {
            byte[] below = stored.key();
            while (!plain && below != null && Keys.compare(below, from) >= 0) {
                byte[] clearedBegin = cleared.beginOfRangeWith(below);
                if (clearedBegin == null) {
                    break;
                }
                stored.seekBefore(clearedBegin);
                below = stored.key();
            }
            if (below != null && Keys.compare(below, from) < 0) {
                below = null;
            }
            Map.Entry<byte[], WriteMap.Operations> own = writes.lastOperationsBefore(position);
            if (own != null && Keys.compare(own.getKey(), from) < 0) {
                own = null;
            }
            if (own == null || (below != null && Keys.compare(below, own.getKey()) > 0)) {
                requireReadable(below == null ? from : below, to);
                key = below;
                value = null;
                return;
            }
            byte[] ownKey = own.getKey();
            requireReadable(ownKey, to);
            boolean both = below != null && Keys.compare(below, ownKey) == 0;
            byte[] merged = own.getValue().valueOver(both ? stored.value() : null);
            if (merged != null) {
                key = ownKey;
                value = merged;
                return;
            }
            if (both) {
                stored.previous();
            }
            position = ownKey;
        }
    }

    private void requireReadable(byte[] begin, byte[] end) {
        if (unreadableMatters) {
            writes.requireReadable(begin, end);
        }
    }

    @Override
    public void close() {
        stored.close();
    }
}
