package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.DatabaseOptions;
import com.apple.foundationdb.EventKeeper;
import com.apple.foundationdb.FDB;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Tenant;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.async.AsyncUtil;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.Backup;
import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import dev.holdfast.embeddedfdb.engine.Engine;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Statistics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The binding's database over an {@link Engine}. */
public final class EmbeddedDatabase implements Database {
    private final Engine engine;
    private final DatabaseSettings settings = new DatabaseSettings();
    private final DatabaseOptions options = new DatabaseOptions(settings::set);

    EmbeddedDatabase(Engine engine) {
        this.engine = engine;
    }

    /** What the engine has done since it was opened. */
    public Statistics statistics() {
        return engine.statistics();
    }

    /** Approximate size of what is stored, in bytes. */
    public long storedBytes() {
        return engine.storedBytes();
    }

    /** Versions that are kept for readers, each a snapshot of the storage. */
    public int views() {
        return engine.viewCount();
    }

    /** Watches that wait for their key to change. */
    public int watches() {
        return engine.watchCount();
    }

    /** Whether commits are taken; false while the disk cannot be written. */
    public boolean isWritable() {
        return engine.isWritable();
    }

    /**
     * Copies the database, as it is at some moment of this call, to an absent or empty directory,
     * which {@link EmbeddedFoundationDb#restore} and {@link EmbeddedFoundationDb#open} accept.
     * Transactions go on meanwhile.
     *
     * @param progress told bytes copied so far and in all
     * @throws IOException when a file cannot be read or written; what was copied is left there
     */
    public void backup(Path target, Backup.Progress progress) throws IOException {
        engine.backup(target.toAbsolutePath(), progress);
    }

    Engine engine() {
        return engine;
    }

    @Override
    public DatabaseOptions options() {
        return options;
    }

    @Override
    public Executor getExecutor() {
        return FDB.DEFAULT_EXECUTOR;
    }

    @Override
    public Transaction createTransaction(Executor executor) {
        return begin(executor, null);
    }

    /** The event keeper is told of reads; the events about native calls never happen here. */
    @Override
    public Transaction createTransaction(Executor executor, @Nullable EventKeeper eventKeeper) {
        return begin(executor, eventKeeper);
    }

    private Transaction begin(Executor executor, @Nullable EventKeeper eventKeeper) {
        if (engine.isClosed()) {
            throw new IllegalStateException("Cannot access closed object");
        }
        TransactionCore core = new TransactionCore(engine, settings, executor);
        return new EmbeddedTransaction(
                this, core, new TransactionLife(core), new Instruments(eventKeeper));
    }

    @Override
    public <T> T run(Function<? super Transaction, T> body, Executor executor) {
        Transaction transaction = createTransaction(executor);
        try {
            while (true) {
                try {
                    T result = body.apply(transaction);
                    transaction.commit().join();
                    return result;
                } catch (RuntimeException failure) {
                    transaction = transaction.onError(failure).join();
                }
            }
        } finally {
            transaction.close();
        }
    }

    @Override
    public <T> T read(Function<? super ReadTransaction, T> body, Executor executor) {
        return run(body, executor);
    }

    @Override
    public <T> CompletableFuture<T> runAsync(
            Function<? super Transaction, ? extends CompletableFuture<T>> body, Executor executor) {
        return new Attempts<T>(createTransaction(executor), executor).run(body);
    }

    /** Tries work until it commits, as {@link #run} does, without blocking. */
    private static final class Attempts<T> {
        private final Executor executor;
        private volatile Transaction transaction;
        private volatile CompletableFuture<T> result = new CompletableFuture<>();

        Attempts(Transaction first, Executor executor) {
            transaction = first;
            this.executor = executor;
        }

        CompletableFuture<T> run(
                Function<? super Transaction, ? extends CompletableFuture<T>> body) {
            return AsyncUtil.whileTrue(() -> attempt(body), executor)
                    .thenCompose(done -> result)
                    .whenComplete((done, failure) -> transaction.close());
        }

        private CompletableFuture<Boolean> attempt(
                Function<? super Transaction, ? extends CompletableFuture<T>> body) {
            CompletableFuture<T> attempted = AsyncUtil.applySafely(body, transaction);
            result = attempted;
            CompletableFuture<Boolean> committed =
                    attempted.thenComposeAsync(
                            value -> transaction.commit().thenApply(done -> false), executor);
            return AsyncUtil.composeHandleAsync(
                    committed,
                    (again, failure) ->
                            failure == null
                                    ? CompletableFuture.completedFuture(again)
                                    : retry(failure),
                    executor);
        }

        private CompletableFuture<Boolean> retry(Throwable failure) {
            if (!(failure instanceof RuntimeException)) {
                throw new CompletionException(failure);
            }
            return transaction
                    .onError(failure)
                    .thenApply(next -> {
                        transaction = next;
                        return true;
                    });
        }
    }

    @Override
    public <T> CompletableFuture<T> readAsync(
            Function<? super ReadTransaction, ? extends CompletableFuture<T>> body,
            Executor executor) {
        return runAsync(body, executor);
    }

    private static EmbeddedFdbException noTenants() {
        return FdbError.TENANTS_DISABLED.exception(
                "the embedded engine has no tenants; use the directory layer for name spaces");
    }

    @Override
    public Tenant openTenant(Tuple tenantName) {
        throw noTenants();
    }

    @Override
    public Tenant openTenant(byte[] tenantName, Executor executor) {
        throw noTenants();
    }

    @Override
    public Tenant openTenant(Tuple tenantName, Executor executor) {
        throw noTenants();
    }

    @Override
    public Tenant openTenant(byte[] tenantName, Executor executor, EventKeeper eventKeeper) {
        throw noTenants();
    }

    @Override
    public Tenant openTenant(Tuple tenantName, Executor executor, EventKeeper eventKeeper) {
        throw noTenants();
    }

    /** There is no network thread; reads run where they are asked for. */
    @Override
    public double getMainThreadBusyness() {
        return 0;
    }

    /** Finishes the commits under way, fails the watches and lets go of the directory. */
    @Override
    public void close() {
        engine.close();
    }
}
