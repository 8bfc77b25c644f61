package dev.holdfast.metadata;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDB;
import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.embeddedfdb.engine.EngineClock;
import dev.holdfast.embeddedfdb.engine.Faults;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a test's cell lives: an embedded engine in memory, or a place of its own in the cluster
 * that {@code HOLDFAST_FDB_CLUSTER_FILE} names, which is cleared at the end.
 *
 * @param root the first parts of all keys
 */
record TestDatabase(Database database, Tuple root) implements AutoCloseable {
    private static final int API_VERSION = 710;
    private static final @Nullable String CLUSTER = System.getenv("HOLDFAST_FDB_CLUSTER_FILE");

    /** Whether tests run on a real cluster: slower, and nothing of the engine can be looked at. */
    static boolean isReal() {
        return CLUSTER != null;
    }

    static TestDatabase open() {
        return open(() -> null);
    }

    /** With failures of commits, asked for at each. */
    static TestDatabase open(Supplier<Faults.@Nullable Fault> faults) {
        if (CLUSTER == null) {
            return of(EmbeddedFoundationDb.inMemory(EngineClock.system(), request -> faults.get()));
        }
        Database real = FDB.selectAPIVersion(API_VERSION).open(CLUSTER);
        Tuple root = Tuple.from("holdfast-test", UUID.randomUUID().toString());
        return new TestDatabase(faulty(real, faults), root);
    }

    /** Tells, before each commit, the bytes that it sends. */
    static TestDatabase measured(TestDatabase place, LongConsumer sizes) {
        return new TestDatabase(
                proxy(
                        Database.class,
                        (method, arguments) -> {
                            Object result = call(place.database, method, arguments);
                            return method.getName().equals("createTransaction")
                                    ? measured((Transaction) result, sizes)
                                    : result;
                        }),
                place.root);
    }

    private static Transaction measured(Transaction real, LongConsumer sizes) {
        return proxy(
                Transaction.class,
                (method, arguments) -> {
                    if (method.getName().equals("commit")) {
                        sizes.accept(real.getApproximateSize().join());
                    }
                    return call(real, method, arguments);
                });
    }

    /** All of an embedded engine. */
    static TestDatabase of(Database engine) {
        return new TestDatabase(engine, RecordDatabase.ROOT);
    }

    @Override
    public void close() {
        if (!root.equals(RecordDatabase.ROOT)) {
            database.run(transaction -> {
                transaction.clear(Range.startsWith(root.pack()));
                return true;
            });
        }
        database.close();
    }

    private static Database faulty(Database real, Supplier<Faults.@Nullable Fault> faults) {
        return proxy(
                Database.class,
                (method, arguments) -> {
                    Object result = call(real, method, arguments);
                    return method.getName().equals("createTransaction")
                            ? faulty((Transaction) result, faults)
                            : result;
                });
    }

    private static Transaction faulty(Transaction real, Supplier<Faults.@Nullable Fault> faults) {
        return proxy(
                Transaction.class,
                (method, arguments) ->
                        method.getName().equals("commit")
                                ? commit(real, faults.get())
                                : call(real, method, arguments));
    }

    private static CompletableFuture<Void> commit(Transaction real, Faults.@Nullable Fault fault) {
        if (fault == null) {
            return real.commit();
        }
        CompletableFuture<Void> fate =
                switch (fault.fate()) {
                    case REFUSE -> CompletableFuture.completedFuture(null);
                    case COMMIT -> real.commit();
                };
        var error = fault.error();
        return error == null
                ? fate
                : fate.thenCompose(_ ->
                        CompletableFuture.failedFuture(
                                new FDBException("a fault of the test", error.code())));
    }

    private interface Handler {
        Object handle(Method method, Object @Nullable [] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, arguments) -> handler.handle(method, arguments)));
    }

    private static Object call(Object target, Method method, Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
