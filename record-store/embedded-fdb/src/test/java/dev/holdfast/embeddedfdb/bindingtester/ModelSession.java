package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.StreamingMode;
import dev.holdfast.embeddedfdb.bindingtester.ModelTarget.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.CompletableFuture;

/**
 * A transaction of the model: a log of writes that is replayed for every read, and a list of what
 * was read. The order in which errors win over each other is the real client's: a wrong write
 * spoils the transaction and is told by the next read or commit, a transaction that was committed
 * can only be thrown away (2017), and a read that failed on a key without a value yet (1036) fails
 * the commit too.
 */
final class ModelSession implements Target.Session {
    private static final byte[] END = {(byte) 0xff};
    private static final int CANCELLED = 1025;
    private static final int UNREADABLE = 1036;
    private static final int INVALID_OPERATION = 2000;
    private static final int OUTSIDE = 2004;
    private static final int INVERTED = 2005;
    private static final int VERSION_SET = 2010;
    private static final int VERSION_INVALID = 2011;
    private static final int USED_DURING_COMMIT = 2017;

    /**
     * What a read depended on, and how many writes had been made by then.
     *
     * @param surely a change here must fail the commit
     * @param perhaps a change here may
     */
    private record Seen(Interval surely, Interval perhaps, int writesBefore) {}

    private final ModelTarget target;
    private ModelWrites writes = new ModelWrites();
    private final List<Seen> reads = new ArrayList<>();
    private long readVersion = -1;
    private long committedVersion = -1;
    private int deferred;
    private int ended;
    private int failedRead;
    private boolean commitStarted;
    private boolean ownWritesHidden;
    private boolean noConflictNext;
    private int snapshotOwnWrites = 1;
    private CompletableFuture<byte[]> stamp = new CompletableFuture<>();

    ModelSession(ModelTarget target) {
        this.target = target;
    }

    // ---- errors --------------------------------------------------------------------------------

    private void requireNotDeferred() {
        if (deferred != 0) {
            throw new ModelError(deferred);
        }
    }

    private void endIfCommitted() {
        if (commitStarted && ended == 0) {
            ended = USED_DURING_COMMIT;
        }
    }

    private void requireOpen() {
        requireNotDeferred();
        endIfCommitted();
        if (commitStarted) {
            throw new ModelError(USED_DURING_COMMIT);
        }
        if (ended != 0) {
            throw new ModelError(ended);
        }
    }

    private void write(Runnable body) {
        if (deferred != 0) {
            return;
        }
        try {
            endIfCommitted();
            if (commitStarted) {
                throw new ModelError(USED_DURING_COMMIT);
            }
            body.run();
        } catch (FDBException failure) {
            deferred = failure.getCode();
        }
    }

    private boolean takeConflict() {
        boolean take = !noConflictNext;
        noConflictNext = false;
        return take;
    }

    private static int order(byte[] left, byte[] right) {
        return Arrays.compareUnsigned(left, right);
    }

    private static byte[] after(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }

    // ---- reads ---------------------------------------------------------------------------------

    private NavigableMap<byte[], byte[]> stored() {
        if (readVersion < 0) {
            readVersion = target.latestVersion();
        }
        return target.at(readVersion);
    }

    private boolean hides(boolean snapshot) {
        return ownWritesHidden || (snapshot && snapshotOwnWrites <= 0);
    }

    private NavigableMap<byte[], byte[]> visible(boolean snapshot) {
        NavigableMap<byte[], byte[]> stored = stored();
        return hides(snapshot) ? stored : writes.over(stored);
    }

    private void saw(Interval surely, Interval perhaps, boolean snapshot) {
        if (!snapshot) {
            int known = ownWritesHidden ? 0 : writes.size();
            reads.add(new Seen(surely, perhaps, known));
        }
    }

    private void requireReadable(Interval range, boolean snapshot) {
        if (!hides(snapshot) && writes.unreadable(range)) {
            failedRead = UNREADABLE;
            throw new ModelError(UNREADABLE);
        }
    }

    @Override
    public CompletableFuture<byte[]> get(byte[] key, boolean snapshot) {
        try {
            requireOpen();
            if (order(key, END) >= 0) {
                throw new ModelError(OUTSIDE);
            }
            Interval one = new Interval(key, after(key));
            requireReadable(one, snapshot);
            if (!hides(snapshot) && writes.gave(key)) {
                return CompletableFuture.completedFuture(writes.over(ModelTarget.rows()).get(key));
            }
            saw(one, one, snapshot);
            return CompletableFuture.completedFuture(visible(snapshot).get(key));
        } catch (FDBException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private static byte[] folded(KeySelector selector) {
        return selector.orEqual() ? after(selector.getKey()) : selector.getKey();
    }

    private static byte[] resolve(NavigableMap<byte[], byte[]> rows, byte[] key, int offset) {
        List<byte[]> keys = new ArrayList<>(rows.headMap(END, false).keySet());
        int index = rows.headMap(key, false).size() - 1 + offset;
        if (index < 0) {
            return new byte[0];
        }
        return index >= keys.size() ? END : keys.get(index);
    }

    @Override
    public byte[] getKey(KeySelector selector, boolean snapshot) {
        requireOpen();
        if (order(selector.getKey(), END) > 0) {
            throw new ModelError(OUTSIDE);
        }
        byte[] base = folded(selector);
        byte[] found = resolve(visible(snapshot), base, selector.getOffset());
        Interval passed =
                selector.getOffset() <= 0
                        ? new Interval(found, base)
                        : new Interval(base, after(found));
        saw(passed, passed, snapshot);
        return found;
    }

    @Override
    public List<KeyValue> getRange(Target.Query query) {
        if (query.mode() == StreamingMode.EXACT && query.limit() == 0) {
            throw new ModelError(2210);
        }
        requireOpen();
        if (order(query.begin().getKey(), END) > 0 || order(query.end().getKey(), END) > 0) {
            throw new ModelError(OUTSIDE);
        }
        byte[] low = folded(query.begin());
        byte[] high = folded(query.end());
        if (query.begin().getOffset() >= query.end().getOffset() && order(low, high) >= 0) {
            return List.of();
        }
        NavigableMap<byte[], byte[]> rows = visible(query.snapshot());
        byte[] from =
                query.begin().getOffset() == 1
                        ? low
                        : resolve(rows, low, query.begin().getOffset());
        byte[] to =
                query.end().getOffset() == 1 ? high : resolve(rows, high, query.end().getOffset());
        List<KeyValue> found = new ArrayList<>();
        if (order(from, to) < 0) {
            requireReadable(new Interval(from, to), query.snapshot());
            collect(query, rows.subMap(from, true, to, false), found);
        }
        rangeSeen(query, new byte[][] {low, high, from, to}, found);
        return found;
    }

    private static void collect(
            Target.Query query, NavigableMap<byte[], byte[]> rows, List<KeyValue> found) {
        for (Map.Entry<byte[], byte[]> row :
                (query.reverse() ? rows.descendingMap() : rows).entrySet()) {
            found.add(new KeyValue(row.getKey(), row.getValue()));
            if (found.size() == query.limit()) {
                return;
            }
        }
    }

    /**
     * Between plain bounds it is known what counts as read: up to the last row where a limit ended
     * the read, else all. With selectors that walk, databases may count more than the rows.
     */
    private void rangeSeen(Target.Query query, byte[][] bounds, List<KeyValue> found) {
        byte[] from = bounds[2];
        byte[] to = bounds[3];
        Interval surely = new Interval(from, to);
        if (query.limit() > 0 && found.size() == query.limit()) {
            byte[] last = found.get(found.size() - 1).getKey();
            surely = query.reverse() ? new Interval(last, to) : new Interval(from, after(last));
        }
        Interval perhaps = surely;
        if (query.begin().getOffset() != 1 || query.end().getOffset() != 1) {
            byte[][] sorted = bounds.clone();
            Arrays.sort(sorted, Arrays::compareUnsigned);
            perhaps = new Interval(sorted[0], after(sorted[sorted.length - 1]));
        }
        saw(surely, perhaps, query.snapshot());
    }

    @Override
    public long readVersion() {
        requireNotDeferred();
        if (ended != 0) {
            throw new ModelError(ended);
        }
        stored();
        return readVersion;
    }

    @Override
    public void setReadVersion(long version) {
        if (deferred != 0) {
            return;
        }
        if (readVersion >= 0) {
            deferred = VERSION_SET;
        } else if (version <= 0) {
            deferred = VERSION_INVALID;
        } else {
            readVersion = version;
        }
    }

    @Override
    public void estimatedRangeSize(byte[] begin, byte[] end) {
        requireOpen();
    }

    @Override
    public void rangeSplitPoints(byte[] begin, byte[] end, long chunkBytes) {
        requireOpen();
    }

    // ---- writes --------------------------------------------------------------------------------

    @Override
    public void set(byte[] key, byte[] value) {
        write(() -> {
            boolean conflict = takeConflict();
            requireWritable(key);
            writes.set(key, value, conflict);
        });
    }

    private static void requireWritable(byte[] key) {
        if (order(key, END) >= 0) {
            throw new ModelError(OUTSIDE);
        }
    }

    @Override
    public void clear(byte[] key) {
        write(() -> {
            boolean conflict = takeConflict();
            requireWritable(key);
            writes.clear(new Interval(key, after(key)), conflict);
        });
    }

    @Override
    public void clear(byte[] begin, byte[] end) {
        write(() -> {
            if (order(begin, end) > 0) {
                throw new ModelError(INVERTED);
            }
            boolean conflict = takeConflict();
            if (order(end, END) > 0) {
                throw new ModelError(OUTSIDE);
            }
            writes.clear(new Interval(begin, end), conflict);
        });
    }

    @Override
    public void mutate(MutationType type, byte[] key, byte[] operand) {
        write(() -> {
            boolean conflict = takeConflict();
            requireWritable(key);
            writes.mutate(type, key, operand, conflict);
        });
    }

    @Override
    public void addReadConflict(byte[] begin, byte[] end) {
        if (order(begin, end) > 0) {
            throw new ModelError(INVERTED);
        }
        write(() -> {
            if (order(end, END) > 0) {
                throw new ModelError(OUTSIDE);
            }
            Interval range = new Interval(begin, end);
            saw(range, range, false);
        });
    }

    @Override
    public void addWriteConflict(byte[] begin, byte[] end) {
        if (order(begin, end) > 0) {
            throw new ModelError(INVERTED);
        }
        write(() -> {
            if (order(end, END) > 0) {
                throw new ModelError(OUTSIDE);
            }
            writes.addConflict(new Interval(begin, end));
        });
    }

    @Override
    public void option(Target.Option option) {
        if (deferred != 0) {
            return;
        }
        switch (option) {
            case NEXT_WRITE_NO_WRITE_CONFLICT_RANGE -> noConflictNext = true;
            case SNAPSHOT_RYW_DISABLE -> snapshotOwnWrites--;
            case READ_YOUR_WRITES_DISABLE -> {
                if (readVersion >= 0 || writes.size() > 0) {
                    deferred = INVALID_OPERATION;
                } else {
                    ownWritesHidden = true;
                }
            }
        }
    }

    // ---- the end -------------------------------------------------------------------------------

    /** Fails with 1020 when another commit changed what was read here. */
    void requireNoConflict() {
        if (reads.isEmpty()) {
            return;
        }
        boolean perhaps = false;
        for (ModelTarget.Written written : target.writtenAfter(readVersion)) {
            for (Interval range : written.ranges()) {
                for (Seen seen : reads) {
                    if (writes.meet(seen.surely(), range, seen.writesBefore())) {
                        throw new ModelError(1020);
                    }
                    perhaps |= writes.meet(seen.perhaps(), range, seen.writesBefore());
                }
            }
        }
        if (perhaps) {
            throw new Ambiguous("a commit changed what a selector may have passed over");
        }
    }

    List<Interval> applyTo(NavigableMap<byte[], byte[]> rows, long version) {
        return writes.commitTo(rows, version);
    }

    @Override
    public CompletableFuture<Void> commit() {
        try {
            requireOpen();
            commitStarted = true;
            if (failedRead != 0) {
                throw new ModelError(failedRead);
            }
            if (writes.isEmpty()) {
                stamp.completeExceptionally(new ModelError(2021));
                return CompletableFuture.completedFuture(null);
            }
            stored();
            committedVersion = target.commit(this);
            stamp.complete(ModelWrites.stamp(committedVersion));
            return CompletableFuture.completedFuture(null);
        } catch (FDBException failure) {
            if (failure.getCode() == 1020) {
                stamp.completeExceptionally(new ModelError(2020));
            }
            return CompletableFuture.failedFuture(failure);
        }
    }

    @Override
    public long committedVersion() {
        return committedVersion;
    }

    @Override
    public long approximateSize() {
        return writes.size();
    }

    @Override
    public CompletableFuture<byte[]> versionstamp() {
        endIfCommitted();
        if (commitStarted) {
            return CompletableFuture.failedFuture(new ModelError(USED_DURING_COMMIT));
        }
        return ended == 0 ? stamp : CompletableFuture.failedFuture(new ModelError(ended));
    }

    @Override
    public Target.Session onError(int code) {
        if (ended != 0) {
            throw new ModelError(ended);
        }
        if (!ModelError.retried(code)) {
            throw new ModelError(code);
        }
        close();
        return new ModelSession(target);
    }

    @Override
    public void cancel() {
        if (ended == 0) {
            ended = CANCELLED;
            stamp.completeExceptionally(new ModelError(CANCELLED));
        }
    }

    @Override
    public void close() {
        stamp.completeExceptionally(new ModelError(CANCELLED));
    }
}
