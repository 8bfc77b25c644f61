package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import dev.holdfast.embeddedfdb.RangeReader.Place;
import dev.holdfast.embeddedfdb.RangeReader.Request;
import dev.holdfast.embeddedfdb.RangeReader.Selector;
import dev.holdfast.embeddedfdb.engine.Keys;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Which range of keys a range read is checked for. The rules are the real client's, for programs
 * may count on what conflicts and what does not: those of its layer that reads own writes
 * (ReadYourWrites, {@code addConflictRange}) and, where own writes are hidden, of the one below
 * (NativeAPI, {@code getRangeFinished}). A read that a limit ended is checked up to its last row
 * only where nothing behind that row can change it.
 */
final class ReadConflicts {
    private final Selector begin;
    private final Selector end;
    private final boolean reverse;
    private final boolean throughClient;
    private final byte[] maxKey;
    private final List<KeyValue> rows;
    private final boolean more;
    private final boolean readToBegin;
    private final boolean readThroughEnd;

    ReadConflicts(Request request, Chunk<KeyValue> chunk, Place from, Place to) {
        begin = request.begin();
        end = request.end();
        reverse = request.reverse();
        throughClient = request.throughClient();
        maxKey = request.maxKey();
        rows = chunk.rows();
        more = chunk.more();
        boolean offBegin = from.left() < 1 || to.left() < 1;
        boolean offEnd = from.left() > 1 || to.left() > 1;
        if (!throughClient) {
            boolean any = Keys.compare(from.key(), to.key()) < 0;
            readToBegin = any && from.left() < 1 && !(reverse && more);
            readThroughEnd = false;
            return;
        }
        boolean crossed =
                from.left() >= to.left() && Keys.compare(from.position(), to.position()) >= 0;
        // Where the bounds' own keys are the wrong way round, the client finds the far bound first
        // and notes how far that went.
        Selector far = reverse ? begin : end;
        byte[] farKey = reverse ? from.key() : to.key();
        boolean wrongWay = far.offset() != 1 && Keys.compare(begin.key(), end.key()) > 0;
        boolean farAtEnd = wrongWay && Keys.compare(farKey, maxKey) == 0;
        boolean farAtBegin = wrongWay && farKey.length == 0;
        if (reverse) {
            readToBegin = !crossed && (offBegin || farAtBegin) && !more;
            readThroughEnd = (!crossed && (offEnd || farAtEnd)) || (farAtEnd && end.offset() > 1);
        } else {
            readToBegin = (!crossed && offBegin) || (farAtBegin && begin.offset() <= 0);
            readThroughEnd = !crossed && (offEnd || farAtEnd) && !more;
        }
    }

    /** Tells the range, unless it is empty. */
    void tell(BiConsumer<byte[], byte[]> dependsOn) {
        if (!throughClient) {
            below(dependsOn);
        } else if (reverse) {
            backward(dependsOn);
        } else {
            forward(dependsOn);
        }
    }

    private byte[] firstRow() {
        return rows.get(0).getKey();
    }

    private byte[] lastRow() {
        return rows.get(rows.size() - 1).getKey();
    }

    private void forward(BiConsumer<byte[], byte[]> dependsOn) {
        byte[] from = Keys.min(begin.key(), end.key());
        byte[] to = Keys.max(begin.key(), end.key());
        if (Keys.compare(begin.key(), end.key()) < 0 && end.offset() > 0 && more) {
            to = begin.key();
        }
        if (readToBegin && begin.offset() <= 0) {
            from = Keys.EMPTY;
        }
        if (readThroughEnd && end.offset() > 0) {
            to = maxKey;
        }
        if (!rows.isEmpty()) {
            if (begin.offset() <= 0) {
                from = Keys.min(from, firstRow());
            }
            if (Keys.compare(to, lastRow()) <= 0) {
                to = Keys.after(lastRow());
            }
        }
        dependsOn.accept(from, to);
    }

    private void backward(BiConsumer<byte[], byte[]> dependsOn) {
        byte[] from = Keys.min(begin.key(), end.key());
        byte[] to = Keys.max(begin.key(), end.key());
        if (Keys.compare(begin.key(), end.key()) < 0 && begin.offset() <= 0 && more) {
            from = end.key();
        }
        if (readToBegin && begin.offset() <= 0) {
            from = Keys.EMPTY;
        }
        if (readThroughEnd && end.offset() > 0) {
            to = maxKey;
        }
        if (!rows.isEmpty()) {
            from = Keys.min(from, lastRow());
            if (end.offset() > 0 && Keys.compare(to, firstRow()) <= 0) {
                to = Keys.after(firstRow());
            }
        }
        dependsOn.accept(from, to);
    }

    /** Below the layer of own writes, the ends of the key space are not told apart. */
    private void below(BiConsumer<byte[], byte[]> dependsOn) {
        byte[] from;
        if ((begin.key().length == 0 && begin.offset() < 1) || readToBegin) {
            from = Keys.EMPTY;
        } else if (((!reverse || !more || begin.offset() > 1) && begin.offset() > 0)
                || rows.isEmpty()) {
            from = begin.key();
        } else {
            from = reverse ? lastRow() : firstRow();
        }
        if (end.offset() > begin.offset() && Keys.compare(end.key(), from) < 0) {
            from = end.key();
        }
        byte[] to;
        if (((reverse || !more || end.offset() <= 0) && end.offset() <= 1) || rows.isEmpty()) {
            to = end.key();
        } else {
            to = Keys.after(reverse ? firstRow() : lastRow());
        }
        if (begin.offset() < end.offset() && Keys.compare(begin.key(), to) > 0) {
            to = begin.key();
        }
        dependsOn.accept(from, to);
    }
}
