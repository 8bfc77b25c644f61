package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeyArrayResult;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MappedKeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.TransactionOptions;
import com.apple.foundationdb.async.AsyncIterable;
import com.apple.foundationdb.async.AsyncUtil;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The binding's transaction over a {@link TransactionCore}. As with the real one, {@link #onError}
 * hands the state over to a new object and this one can no longer be used.
 */
final class EmbeddedTransaction extends ReadOverloads implements Transaction {
    private final EmbeddedDatabase database;
    private final TransactionCore state;
    private final TransactionLife life;
    private final Instruments instruments;
    private final ReadTransaction snapshot = new SnapshotReads(this);
    private final TransactionOptions options;
    private volatile boolean handedOver;
    private volatile boolean closed;

    EmbeddedTransaction(
            EmbeddedDatabase database,
            TransactionCore core,
            TransactionLife life,
            Instruments instruments) {
        this.database = database;
        this.state = core;
        this.life = life;
        this.instruments = instruments;
        options = new TransactionOptions((code, value) -> life().setOption(code, value));
    }

    private void requireOwner() {
        if (handedOver) {
            throw new IllegalStateException("Transaction has been invalidated by reset");
        }
        if (closed) {
            throw new IllegalStateException("Cannot access closed object");
        }
    }

    private TransactionCore core() {
        requireOwner();
        return state;
    }

    private TransactionLife life() {
        requireOwner();
        return life;
    }

    @Override
    public boolean isSnapshot() {
        return false;
    }

    @Override
    public ReadTransaction snapshot() {
        return snapshot;
    }

    @Override
    public TransactionOptions options() {
        return options;
    }

    @Override
    public Executor getExecutor() {
        return state.executor;
    }

    @Override
    public Database getDatabase() {
        return database;
    }

    // ---- reads ---------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Long> getReadVersion() {
        return core().readVersion();
    }

    @Override
    public void setReadVersion(long version) {
        core().setReadVersion(version);
    }

    @Override
    public CompletableFuture<byte[]> get(byte[] key) {
        return get(key, false);
    }

    CompletableFuture<byte[]> get(byte[] key, boolean atSnapshot) {
        TransactionCore core = core();
        byte[] ownKey = key.clone();
        if (SpecialKeys.isSpecial(ownKey)) {
            return answered(() -> SpecialKeys.get(core, ownKey));
        }
        return instruments.counting(
                core.underWay.start(
                        () -> core.reads.known(ownKey, atSnapshot),
                        core.reads.get(ownKey, atSnapshot)));
    }

    private static <T> CompletableFuture<T> answered(Supplier<T> answer) {
        try {
            return CompletableFuture.completedFuture(answer.get());
        } catch (FDBException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletableFuture<byte[]> getKey(KeySelector selector) {
        return getKey(selector, false);
    }

    CompletableFuture<byte[]> getKey(KeySelector selector, boolean atSnapshot) {
        TransactionCore core = core();
        return core.underWay.start(
                () -> {
                    core.reads.requireLegal(selector);
                    core.noteRead();
                    return null;
                },
                core.reads.getKey(selector, atSnapshot));
    }

    @Override
    public AsyncIterable<KeyValue> getRange(
            KeySelector begin, KeySelector end, int limit, boolean reverse, StreamingMode mode) {
        return getRange(begin, end, limit, reverse, mode, false);
    }

    AsyncIterable<KeyValue> getRange(
            KeySelector begin,
            KeySelector end,
            int limit,
            boolean reverse,
            StreamingMode mode,
            boolean atSnapshot) {
        return new RangeQuery<>(new Chunks(atSnapshot), begin, end, limit, reverse, mode);
    }

    private final class Chunks implements RangeQuery.Source<KeyValue> {
        private final boolean atSnapshot;

        Chunks(boolean atSnapshot) {
            this.atSnapshot = atSnapshot;
        }

        @Override
        public void requireOpen() {
            requireOwner();
        }

        @Override
        public CompletableFuture<Chunk<KeyValue>> fetch(
                KeySelector begin, KeySelector end, Limits limits, boolean reverse) {
            TransactionCore core = core();
            if (SpecialKeys.isSpecial(begin, end)) {
                return answered(() -> SpecialKeys.range(core, begin, end, limits, reverse));
            }
            long start = System.nanoTime();
            CompletableFuture<Chunk<KeyValue>> chunk =
                    core.underWay.start(
                            () -> {
                                if (core.reads.isEmpty(begin, end)) {
                                    return CompletableFuture.completedFuture(Chunk.nothing());
                                }
                                core.noteRead();
                                return null;
                            },
                            core.reads.getRange(begin, end, limits, atSnapshot, reverse));
            return instruments.countingChunk(chunk, start);
        }

        @Override
        public void clear(byte[] key) {
            EmbeddedTransaction.this.clear(key);
        }
    }

    @Override
    public AsyncIterable<MappedKeyValue> getMappedRange(
            KeySelector begin,
            KeySelector end,
            byte[] mapper,
            int limit,
            boolean reverse,
            StreamingMode mode) {
        requireOwner();
        return new RangeQuery<>(new MappedChunks(mapper.clone()), begin, end, limit, reverse, mode);
    }

    private final class MappedChunks implements RangeQuery.Source<MappedKeyValue> {
        private final byte[] mapper;

        MappedChunks(byte[] mapper) {
            this.mapper = mapper;
        }

        @Override
        public void requireOpen() {
            requireOwner();
        }

        @Override
        public CompletableFuture<Chunk<MappedKeyValue>> fetch(
                KeySelector begin, KeySelector end, Limits limits, boolean reverse) {
            long start = System.nanoTime();
            return instruments.countingChunk(
                    MappedRange.read(core(), begin, end, mapper, limits, reverse), start);
        }

        @Override
        public void clear(byte[] key) {
            EmbeddedTransaction.this.clear(key);
        }
    }

    @Override
    public CompletableFuture<Long> getEstimatedRangeSizeBytes(byte[] begin, byte[] end) {
        return RangeSizes.estimate(core(), begin.clone(), end.clone());
    }

    @Override
    public CompletableFuture<KeyArrayResult> getRangeSplitPoints(
            byte[] begin, byte[] end, long chunkSize) {
        return RangeSizes.split(core(), begin.clone(), end.clone(), chunkSize);
    }

    // ---- conflict ranges -----------------------------------------------------------------------

    @Override
    public boolean addReadConflictRangeIfNotSnapshot(byte[] keyBegin, byte[] keyEnd) {
        addReadConflictRange(keyBegin, keyEnd);
        return true;
    }

    @Override
    public boolean addReadConflictKeyIfNotSnapshot(byte[] key) {
        addReadConflictKey(key);
        return true;
    }

    @Override
    public void addReadConflictRange(byte[] keyBegin, byte[] keyEnd) {
        requireOrdered(keyBegin, keyEnd);
        core().addReadConflictRange(keyBegin.clone(), keyEnd.clone());
    }

    @Override
    public void addReadConflictKey(byte[] key) {
        core().addReadConflictRange(key.clone(), Keys.after(key));
    }

    @Override
    public void addWriteConflictRange(byte[] keyBegin, byte[] keyEnd) {
        requireOrdered(keyBegin, keyEnd);
        core().addWriteConflictRange(keyBegin.clone(), keyEnd.clone());
    }

    @Override
    public void addWriteConflictKey(byte[] key) {
        core().addWriteConflictRange(key.clone(), Keys.after(key));
    }

    private static void requireOrdered(byte[] begin, byte[] end) {
        if (Keys.compare(begin, end) > 0) {
            throw FdbError.INVERTED_RANGE.exception();
        }
    }

    // ---- writes --------------------------------------------------------------------------------

    @Override
    public void set(byte[] key, byte[] value) {
        if (key == null || value == null) {
            throw new IllegalArgumentException("Keys/Values must be non-null");
        }
        core().changes.set(key, value);
    }

    @Override
    public void clear(byte[] key) {
        if (key == null) {
            throw new IllegalArgumentException("Key cannot be null");
        }
        core().changes.clear(key);
    }

    @Override
    public void clear(byte[] beginKey, byte[] endKey) {
        if (beginKey == null || endKey == null) {
            throw new IllegalArgumentException("Keys cannot be null");
        }
        core().changes.clear(beginKey, endKey);
    }

    @Override
    public void clear(Range range) {
        clear(range.begin, range.end);
    }

    @Override
    @Deprecated
    @SuppressWarnings("InlineMeSuggester")
    public void clearRangeStartsWith(byte[] prefix) {
        clear(Range.startsWith(prefix));
    }

    @Override
    public void mutate(MutationType type, byte[] key, byte[] parameter) {
        core().changes.atomic(type.code(), key, parameter);
    }

    // ---- the end -------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> commit() {
        return life().commit();
    }

    @Override
    public Long getCommittedVersion() {
        return life().committedVersion();
    }

    @Override
    public CompletableFuture<byte[]> getVersionstamp() {
        return life().versionstamp();
    }

    @Override
    public CompletableFuture<Long> getApproximateSize() {
        return CompletableFuture.completedFuture(core().approximateBytes());
    }

    @Override
    public CompletableFuture<Void> watch(byte[] key) {
        return core().watches.watch(key);
    }

    @Override
    public CompletableFuture<Transaction> onError(Throwable failure) {
        Throwable cause = failure;
        if ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (!(cause instanceof FDBException error)) {
            return CompletableFuture.failedFuture(cause);
        }
        CompletableFuture<Void> ready = life().onError(error);
        handedOver = true;
        EmbeddedTransaction next = new EmbeddedTransaction(database, state, life, instruments);
        return ready.<Transaction>thenApply(done -> next)
                .whenComplete((done, problem) -> {
                    if (problem != null) {
                        next.close();
                    }
                });
    }

    @Override
    public void cancel() {
        life().cancel();
    }

    @Override
    public void close() {
        if (!closed && !handedOver) {
            life.close();
        }
        closed = true;
    }

    @Override
    public <T> T run(Function<? super Transaction, T> body) {
        return body.apply(this);
    }

    @Override
    public <T> CompletableFuture<T> runAsync(
            Function<? super Transaction, ? extends CompletableFuture<T>> body) {
        return AsyncUtil.applySafely(body, this);
    }
}
