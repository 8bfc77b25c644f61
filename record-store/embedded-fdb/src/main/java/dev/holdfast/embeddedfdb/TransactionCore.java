package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import dev.holdfast.embeddedfdb.engine.Engine;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.Mutation;
import dev.holdfast.embeddedfdb.engine.View;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The state of one transaction and the rules for reading and writing in it. One lock guards it all:
 * the binding's transactions may be used by many threads at once.
 *
 * <p>As in the real binding, a write that is refused does not throw: it spoils the transaction, and
 * the next read or the commit fails with its error.
 */
final class TransactionCore {

    /** What the real client counts for one mutation and one range beside their bytes. */
    static final int MUTATION_BYTES = 28;

    static final int RANGE_BYTES = 24;

    final ReentrantLock lock = new ReentrantLock();
    final Engine engine;
    final Executor executor;
    final DatabaseSettings defaults;
    final Settings settings;
    final PendingWatches watches;
    final TransactionReads reads;
    final ReadsUnderWay underWay;
    final TransactionWrites changes;

    private WriteMap writes = new WriteMap();
    private DirectWrites direct = new DirectWrites();
    private ReadRanges readConflicts = new ReadRanges();
    private @Nullable View view;
    private @Nullable CompletableFuture<View> arriving;
    private long chosenVersion = -1;
    private @Nullable EmbeddedFdbException deferred;
    private @Nullable EmbeddedFdbException broken;
    private long approximateBytes;
    private long hiddenReadBytes;
    private boolean didRead;
    private boolean commitStarted;
    private Runnable usedDuringCommit = () -> {};
    private List<byte[]> conflicted = List.of();

    TransactionCore(Engine engine, DatabaseSettings defaults, Executor executor) {
        this.engine = engine;
        this.defaults = defaults;
        this.executor = executor;
        settings = new Settings(defaults);
        watches = new PendingWatches(this);
        reads = new TransactionReads(this);
        underWay = new ReadsUnderWay(this);
        changes = new TransactionWrites(this);
    }

    // ---- reading -------------------------------------------------------------------------------

    /**
     * An answer about the database as it is now, not at the transaction's version; asking for it
     * gives the transaction no version.
     */
    <T> CompletableFuture<T> aboutNow(Supplier<T> body) {
        lock.lock();
        try {
            requireUsable();
            return CompletableFuture.completedFuture(body.get());
        } catch (EmbeddedFdbException failure) {
            return CompletableFuture.failedFuture(failure);
        } finally {
            lock.unlock();
        }
    }

    /** The lock is held. */
    void viewArrived(View arrived) {
        if (view == null) {
            view = arrived;
        }
    }

    /** The view to read at, or null while a chosen version is waited for; the lock is held. */
    @Nullable View viewNow() {
        View present = view;
        if (present == null && chosenVersion < 0) {
            present = engine.latest();
            view = present;
        } else if (present == null && !arrivingView().isCompletedExceptionally()) {
            present = arrivingView().getNow(null);
            view = present;
        }
        if (present != null && engine.tooOld(readVersionOf(present))) {
            throw FdbError.TRANSACTION_TOO_OLD.exception();
        }
        return present;
    }

    /** The view of a chosen version; the lock is held. */
    CompletableFuture<View> arrivingView() {
        CompletableFuture<View> coming = arriving;
        if (coming == null) {
            coming = engine.at(chosenVersion);
            arriving = coming;
        }
        return coming;
    }

    private long readVersionOf(View present) {
        return chosenVersion >= 0 ? chosenVersion : present.version();
    }

    /** The version this transaction reads at. */
    CompletableFuture<Long> readVersion() {
        lock.lock();
        try {
            requireWhole();
            boolean first = knownReadVersion() < 0;
            View present = chosenVersion >= 0 ? null : viewNow();
            long version = present == null ? chosenVersion : present.version();
            if (first && engine.isTurnToBeLate()) {
                CompletableFuture<Long> late = new CompletableFuture<>();
                engine.answerLater(executor, late, version);
                return late;
            }
            return CompletableFuture.completedFuture(version);
        } catch (EmbeddedFdbException failure) {
            return CompletableFuture.failedFuture(failure);
        } finally {
            lock.unlock();
        }
    }

    void setReadVersion(long version) {
        deferring(() -> {
            if (view != null || chosenVersion >= 0) {
                throw FdbError.READ_VERSION_ALREADY_SET.exception();
            }
            if (version <= 0) {
                throw FdbError.VERSION_INVALID.exception("a read version must be positive");
            }
            chosenVersion = version;
        });
    }

    byte[] maxReadKey() {
        return settings.readSystemKeys ? Keys.ALL_END : Keys.NORMAL_END;
    }

    byte[] maxWriteKey() {
        return settings.writeSystemKeys ? Keys.ALL_END : Keys.NORMAL_END;
    }

    // ---- conflict ranges -----------------------------------------------------------------------

    void addReadConflict(byte[] begin, byte[] end) {
        addReadConflict(writes, begin, end);
    }

    /** What own writes settled needs no check; they are those of the moment the read began. */
    void addReadConflict(WriteMap own, byte[] begin, byte[] end) {
        if (Keys.compare(begin, end) >= 0) {
            return;
        }
        long bytes = begin.length + (long) end.length + RANGE_BYTES;
        if (settings.readYourWritesDisabled) {
            hiddenReadBytes += bytes;
            readConflicts.add(begin, end);
            return;
        }
        // As in the real client, every part between own writes counts as the whole range does.
        if (own.isEmpty()) {
            approximateBytes += bytes;
            readConflicts.add(begin, end);
            return;
        }
        own.forEachDependentPart(
                begin,
                end,
                (from, to) -> {
                    approximateBytes += bytes;
                    readConflicts.add(from, to);
                });
    }

    /**
     * Bytes of the commit by the real client's count: its mutations and conflict ranges as they are
     * sent. The lock is held.
     */
    long commitBytes(List<Mutation> mutations) {
        if (settings.readYourWritesDisabled) {
            return approximateBytes + hiddenReadBytes;
        }
        long[] bytes = {0};
        for (Mutation mutation : mutations) {
            bytes[0] += mutation.key().length + mutation.parameter().length + MUTATION_BYTES;
        }
        BiConsumer<byte[], byte[]> range =
                (begin, end) -> bytes[0] += begin.length + end.length + RANGE_BYTES;
        readConflicts.merged().forEach(range);
        writes.writeConflicts().forEach(range);
        return bytes[0];
    }

    void addReadConflictRange(byte[] begin, byte[] end) {
        byte[] maxKey = maxReadKey();
        boolean metadata =
                MetadataVersion.isKey(begin) && Arrays.equals(end, Keys.after(MetadataVersion.KEY));
        write(() -> {
            if (!metadata && (Keys.compare(begin, maxKey) > 0 || Keys.compare(end, maxKey) > 0)) {
                throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
            }
            byte[] from = Keys.cutToLimit(begin);
            byte[] to = Keys.cutToLimit(end);
            if (settings.readYourWritesDisabled && Keys.compare(from, to) < 0) {
                approximateBytes += from.length + to.length + RANGE_BYTES;
                readConflicts.add(from, to);
            } else {
                addReadConflict(from, to);
            }
        });
    }

    void addWriteConflictRange(byte[] begin, byte[] end) {
        byte[] maxKey = maxWriteKey();
        write(() -> {
            if (Keys.compare(begin, maxKey) > 0 || Keys.compare(end, maxKey) > 0) {
                throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
            }
            byte[] from = Keys.cutToLimit(begin);
            byte[] to = Keys.cutToLimit(end);
            if (Keys.compare(from, to) < 0) {
                approximateBytes += from.length + to.length + RANGE_BYTES;
                writes.writeConflicts().add(from, to);
            }
        });
    }

    // ---- writing -------------------------------------------------------------------------------

    /** Runs a write; its error spoils the transaction instead of being thrown. */
    void write(Runnable body) {
        deferring(() -> {
            requireNotCommitting();
            body.run();
        });
    }

    /** After the first error nothing has an effect any more. */
    private void deferring(Runnable body) {
        lock.lock();
        try {
            if (deferred == null) {
                body.run();
            }
        } catch (EmbeddedFdbException failure) {
            deferred = failure;
        } finally {
            lock.unlock();
        }
    }

    // ---- state ---------------------------------------------------------------------------------

    /** What to do when the transaction is used after its commit began. */
    void onUseDuringCommit(Runnable action) {
        usedDuringCommit = action;
    }

    /**
     * Once its commit has begun, a transaction can only be thrown away or emptied; another use of
     * it fails, and with it the commit if that is still under way.
     */
    void requireNotCommitting() {
        if (commitStarted) {
            if (!settings.usedDuringCommitAllowed) {
                usedDuringCommit.run();
            }
            throw FdbError.USED_DURING_COMMIT.exception();
        }
    }

    /** The commit begins, unless something spoiled or ended the transaction before. */
    void beginCommit() {
        requireUsable();
        commitStarted = true;
    }

    /** Throws the error of a write that was refused, if one was. */
    void requireNotSpoiled() {
        EmbeddedFdbException refused = locked(() -> deferred);
        if (refused != null) {
            throw copy(refused);
        }
    }

    /** Throws what makes another read or the commit impossible, if anything does. */
    void requireUsable() {
        if (deferred != null) {
            throw copy(deferred);
        }
        requireNotCommitting();
        requireWhole();
    }

    /** Throws what spoiled or ended the transaction, if anything did. */
    void requireWhole() {
        if (deferred != null) {
            throw copy(deferred);
        }
        if (broken != null) {
            throw copy(broken);
        }
    }

    static EmbeddedFdbException copy(EmbeddedFdbException failure) {
        return new EmbeddedFdbException(String.valueOf(failure.getMessage()), failure.getCode());
    }

    @Nullable EmbeddedFdbException broken() {
        return broken;
    }

    /**
     * Ends the transaction with an error, once. Its watches wait on until it is closed, as the real
     * client's do.
     */
    void breakWith(EmbeddedFdbException failure) {
        lock.lock();
        try {
            if (broken == null) {
                broken = failure;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Back to an empty transaction with a fresh read version to come. */
    void resetForRetry() {
        writes = new WriteMap();
        direct = new DirectWrites();
        changes.reset();
        readConflicts = new ReadRanges();
        view = null;
        arriving = null;
        chosenVersion = -1;
        deferred = null;
        approximateBytes = 0;
        hiddenReadBytes = 0;
        didRead = false;
        commitStarted = false;
        underWay.reset();
        watches.reset();
        settings.resetForRetry(defaults);
    }

    /** The transaction has read, and so cannot give up reading its own writes; the lock is held. */
    void noteRead() {
        didRead = true;
    }

    /** Counts bytes towards the transaction's size; the lock is held. */
    void addBytes(long bytes) {
        approximateBytes += bytes;
    }

    long approximateBytes() {
        return locked(() -> approximateBytes);
    }

    <T> T locked(Supplier<T> body) {
        lock.lock();
        try {
            return body.get();
        } finally {
            lock.unlock();
        }
    }

    /** Sets an option; an option that comes too late is an error of the transaction. */
    void setOption(int code, byte[] parameter) {
        deferring(() -> {
            if (code == 51 && (didRead || !writes.isEmpty())) {
                throw FdbError.CLIENT_INVALID_OPERATION.exception();
            }
            settings.set(code, parameter);
        });
    }

    /** The read ranges that the last commit failed on, as pairs; told by the commit thread. */
    void conflictedOn(List<byte[]> ranges) {
        lock.lock();
        try {
            conflicted = List.copyOf(ranges);
        } finally {
            lock.unlock();
        }
    }

    List<byte[]> conflicted() {
        return conflicted;
    }

    WriteMap writes() {
        return writes;
    }

    DirectWrites direct() {
        return direct;
    }

    KeyRangeSet readConflicts() {
        return readConflicts.merged();
    }

    /** The read version if there is one, else -1. */
    long knownReadVersion() {
        View present = view;
        return present == null ? chosenVersion : readVersionOf(present);
    }
}
