package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import dev.holdfast.embeddedfdb.engine.Engine;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
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
    final TransactionWrites changes;

    private WriteMap writes = new WriteMap();
    private DirectWrites direct = new DirectWrites();
    private KeyRangeSet readConflicts = new KeyRangeSet();
    private @Nullable View view;
    private @Nullable CompletableFuture<View> arriving;
    private long chosenVersion = -1;
    private @Nullable EmbeddedFdbException deferred;
    private @Nullable EmbeddedFdbException broken;
    private long approximateBytes;
    private boolean didRead;
    private boolean commitStarted;
    private @Nullable EmbeddedFdbException failedRead;
    private final List<CompletableFuture<?>> lateReads = new ArrayList<>();
    private Runnable usedDuringCommit = () -> {};
    private List<byte[]> conflicted = List.of();

    TransactionCore(Engine engine, DatabaseSettings defaults, Executor executor) {
        this.engine = engine;
        this.defaults = defaults;
        this.executor = executor;
        settings = new Settings(defaults);
        watches = new PendingWatches(this);
        reads = new TransactionReads(this);
        changes = new TransactionWrites(this);
    }

    // ---- reading -------------------------------------------------------------------------------

    /**
     * Runs a read under the lock as soon as the transaction has its view.
     *
     * @param early refuses the read, or gives its answer where that needs no view, or gives null
     */
    <T> CompletableFuture<T> read(
            Supplier<@Nullable CompletableFuture<T>> early, Function<View, T> body) {
        CompletableFuture<T> answer = started(early, body);
        if (answer.isCompletedExceptionally()) {
            noteFailedRead(answer.exceptionNow());
        }
        return answer;
    }

    /** A read whose failure is no reason for the commit to fail. */
    <T> CompletableFuture<T> readAside(Function<View, T> body) {
        return started(() -> null, body);
    }

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

    private <T> CompletableFuture<T> started(
            Supplier<@Nullable CompletableFuture<T>> early, Function<View, T> body) {
        lock.lock();
        try {
            requireUsable();
            CompletableFuture<T> known = early.get();
            if (known != null) {
                return known;
            }
            View present = viewNow();
            if (present != null) {
                return CompletableFuture.completedFuture(body.apply(present));
            }
            CompletableFuture<View> coming =
                    arrivingView().whenComplete((arrived, failure) -> noteFailedRead(failure));
            CompletableFuture<T> late =
                    coming.thenApplyAsync(arrived -> readLate(arrived, body), executor);
            lateReads.removeIf(CompletableFuture::isDone);
            lateReads.add(late);
            return late;
        } catch (EmbeddedFdbException failure) {
            return CompletableFuture.failedFuture(failure);
        } finally {
            lock.unlock();
        }
    }

    /**
     * A read that was begun and failed fails the commit too: the real client's commit waits for all
     * reads and ends with their error. Reads that were refused (2000 and above) do not count.
     */
    private void noteFailedRead(@Nullable Throwable failure) {
        if (failure instanceof EmbeddedFdbException error
                && error.getCode() < FdbError.CLIENT_INVALID_OPERATION.code()) {
            lock.lock();
            try {
                if (failedRead == null && broken == null) {
                    failedRead = error;
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Reads that still wait for their view; the commit must wait for them. */
    CompletableFuture<?> pendingReads() {
        return CompletableFuture.allOf(lateReads.toArray(CompletableFuture<?>[]::new));
    }

    private <T> T readLate(View arrived, Function<View, T> body) {
        lock.lock();
        try {
            requireWhole();
            if (view == null) {
                view = arrived;
            }
            return body.apply(arrived);
        } catch (EmbeddedFdbException failure) {
            noteFailedRead(failure);
            throw failure;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable View viewNow() {
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

    private CompletableFuture<View> arrivingView() {
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
            View present = chosenVersion >= 0 ? null : viewNow();
            long version = present == null ? chosenVersion : present.version();
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
        if (Keys.compare(begin, end) >= 0) {
            return;
        }
        if (writes.isEmpty()) {
            insertReadConflict(begin, end);
        } else {
            writes.forEachDependentPart(begin, end, this::insertReadConflict);
        }
    }

    private void insertReadConflict(byte[] begin, byte[] end) {
        approximateBytes += begin.length + end.length + RANGE_BYTES;
        readConflicts.add(begin, end);
    }

    void addReadConflictRange(byte[] begin, byte[] end) {
        byte[] maxKey = maxReadKey();
        boolean metadata =
                MetadataVersion.isKey(begin) && Arrays.equals(end, Keys.after(MetadataVersion.KEY));
        write(() -> {
            if (!metadata && (Keys.compare(begin, maxKey) > 0 || Keys.compare(end, maxKey) > 0)) {
                throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
            }
            addReadConflict(Keys.cutToLimit(begin), Keys.cutToLimit(end));
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

    void requireReadsSucceeded() {
        if (failedRead != null) {
            throw copy(failedRead);
        }
    }

    /** Throws what makes another read or the commit impossible, if anything does. */
    private void requireUsable() {
        if (deferred != null) {
            throw copy(deferred);
        }
        requireNotCommitting();
        requireWhole();
    }

    /** Throws what spoiled or ended the transaction, if anything did. */
    private void requireWhole() {
        if (deferred != null) {
            throw copy(deferred);
        }
        if (broken != null) {
            throw copy(broken);
        }
    }

    private static EmbeddedFdbException copy(EmbeddedFdbException failure) {
        return new EmbeddedFdbException(String.valueOf(failure.getMessage()), failure.getCode());
    }

    @Nullable EmbeddedFdbException broken() {
        return broken;
    }

    /** Ends the transaction with an error, once. */
    void breakWith(EmbeddedFdbException failure) {
        lock.lock();
        try {
            if (broken != null) {
                return;
            }
            broken = failure;
        } finally {
            lock.unlock();
        }
        watches.failUncommitted(failure);
    }

    /** Back to an empty transaction with a fresh read version to come. */
    void resetForRetry() {
        writes = new WriteMap();
        direct = new DirectWrites();
        readConflicts = new KeyRangeSet();
        view = null;
        arriving = null;
        chosenVersion = -1;
        deferred = null;
        approximateBytes = 0;
        didRead = false;
        commitStarted = false;
        failedRead = null;
        lateReads.clear();
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
        return readConflicts;
    }

    /** The read version if there is one, else -1. */
    long knownReadVersion() {
        View present = view;
        return present == null ? chosenVersion : readVersionOf(present);
    }
}
