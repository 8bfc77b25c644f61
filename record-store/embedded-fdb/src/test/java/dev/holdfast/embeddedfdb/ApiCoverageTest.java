package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.DatabaseOptions;
import com.apple.foundationdb.EventKeeper;
import com.apple.foundationdb.FDB;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.MapEventKeeper;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.TransactionOptions;
import com.apple.foundationdb.async.AsyncIterable;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Calls every method and option of the binding's interfaces once with plain arguments. Each must
 * work, or be refused with exactly the error that is listed here; a method that a newer binding
 * adds fails this test until it does.
 */
final class ApiCoverageTest {
    private static final byte[] KEY = Tuple.from("key").pack();
    private static final byte[] END = Tuple.from("key", 1).pack();

    /** Refusals by design: method and the code it ends with. */
    private static final Map<String, Integer> REFUSED =
            Map.of(
                    "Database.openTenant",
                    2136,
                    // A cluster refuses these too: the database exists, a transaction without an
                    // identifier cannot be logged, a span has 16 bytes.
                    "TransactionOptions.setInitializeNewDatabase",
                    2000,
                    "TransactionOptions.setLogTransaction",
                    2000,
                    "TransactionOptions.setSpanParent",
                    2006);

    /** Ends of things, called by every other test, which would end this one. */
    private static final Set<String> ELSEWHERE =
            Set.of("Database.close", "Transaction.close", "Transaction.cancel");

    private static Object argument(Class<?> type, String method) {
        if (type == byte[].class) {
            return method.endsWith("getMappedRange") ? Tuple.from("{K[0]}").pack() : KEY;
        }
        Map<Class<?>, Object> plain =
                Map.ofEntries(
                        Map.entry(Executor.class, FDB.DEFAULT_EXECUTOR),
                        Map.entry(EventKeeper.class, new MapEventKeeper()),
                        Map.entry(Tuple.class, Tuple.from("t")),
                        Map.entry(KeySelector.class, KeySelector.firstGreaterOrEqual(KEY)),
                        Map.entry(Range.class, new Range(KEY, END)),
                        Map.entry(StreamingMode.class, StreamingMode.WANT_ALL),
                        Map.entry(MutationType.class, MutationType.ADD),
                        Map.entry(int.class, 1),
                        Map.entry(long.class, 1_000L),
                        Map.entry(boolean.class, false),
                        Map.entry(String.class, "name"),
                        Map.entry(Throwable.class, new EmbeddedFdbException("conflict", 1020)));
        if (type == Function.class) {
            boolean async = method.endsWith("Async");
            Function<Object, Object> body =
                    ignored -> async ? CompletableFuture.completedFuture(1) : Integer.valueOf(1);
            return body;
        }
        Object value = plain.get(type);
        if (value == null) {
            throw new AssertionError("no argument of type " + type + " for " + method);
        }
        return value;
    }

    /** Calls a method and gives the code it failed with, or 0. */
    private static int call(Object target, Method method, String name) {
        Class<?>[] types = method.getParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = argument(types[i], name);
        }
        try {
            Object result = method.invoke(target, arguments);
            if (result instanceof AsyncIterable<?> rows) {
                result = rows.asList();
            }
            if (result instanceof CompletableFuture<?> future
                    && !name.endsWith("watch")
                    && !name.endsWith("getVersionstamp")) {
                future.orTimeout(20, TimeUnit.SECONDS).join();
            }
            return 0;
        } catch (InvocationTargetException | CompletionException failure) {
            return Failures.code(failure);
        } catch (IllegalAccessException unreachable) {
            throw new AssertionError(unreachable);
        }
    }

    private interface Fresh {
        int with(Method method, String name);
    }

    private static Map<String, Integer> outcomes(Class<?> type, Fresh fresh) {
        Map<String, Integer> wrong = new TreeMap<>();
        for (Method method : type.getMethods()) {
            String name = type.getSimpleName() + "." + method.getName();
            boolean skip =
                    Modifier.isStatic(method.getModifiers())
                            || method.getDeclaringClass() == Object.class
                            || ELSEWHERE.contains(name);
            if (!skip) {
                int code = fresh.with(method, name);
                if (code != REFUSED.getOrDefault(name, 0)) {
                    wrong.put(method.toString(), code);
                }
            }
        }
        return wrong;
    }

    @Test
    void everyMethodOfTheInterfacesWorksOrIsRefusedAsListed() {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            assertThat(outcomes(Database.class, (method, name) -> call(database, method, name)))
                    .isEmpty();
            Fresh transaction =
                    (method, name) -> {
                        try (Transaction fresh = database.createTransaction()) {
                            return call(fresh, method, name);
                        }
                    };
            assertThat(outcomes(Transaction.class, transaction)).isEmpty();
            assertThat(outcomes(ReadTransaction.class, transaction)).isEmpty();
        }
    }

    @Test
    void everyOptionIsAcceptedOrRefusedAsListed() {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            Fresh transaction =
                    (method, name) -> {
                        try (Transaction fresh = database.createTransaction()) {
                            int code = call(fresh.options(), method, name);
                            // A refused option spoils the transaction instead of being thrown.
                            CompletableFuture<byte[]> read = fresh.get(KEY);
                            return code != 0 || !read.isCompletedExceptionally()
                                    ? code
                                    : Failures.code(read.exceptionNow());
                        }
                    };
            assertThat(outcomes(TransactionOptions.class, transaction)).isEmpty();
            assertThat(
                            outcomes(
                                    DatabaseOptions.class,
                                    (method, name) -> call(database.options(), method, name)))
                    .isEmpty();
        }
    }
}
