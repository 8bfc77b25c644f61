package dev.holdfast.blockgc;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Transaction;
import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A database that counts the reads and commits made through it, and may fail some. */
final class CountedReads {
    private static final Set<String> READS = Set.of("get", "getRange", "getKey");

    final AtomicLong reads = new AtomicLong();
    final AtomicLong commits = new AtomicLong();

    /** Reads that are answered before all others fail. */
    final AtomicLong answered = new AtomicLong(Long.MAX_VALUE);

    private final Database inner;

    CountedReads(Database inner) {
        this.inner = inner;
    }

    Database database() {
        return proxy(
                Database.class,
                (proxy, method, arguments) -> {
                    Object result = call(inner, method, arguments);
                    return method.getName().equals("createTransaction")
                            ? counted(Transaction.class, (Transaction) result)
                            : result;
                });
    }

    private <T extends ReadTransaction> T counted(Class<T> type, T real) {
        return proxy(
                type,
                (proxy, method, arguments) -> {
                    if (READS.contains(method.getName()) && answered.getAndDecrement() <= 0) {
                        throw new EmbeddedFdbException("io_error", 1510);
                    }
                    Object result = call(real, method, arguments);
                    if (READS.contains(method.getName())) {
                        reads.incrementAndGet();
                    } else if (method.getName().equals("commit")) {
                        commits.incrementAndGet();
                    } else if (method.getName().equals("snapshot")) {
                        return counted(ReadTransaction.class, (ReadTransaction) result);
                    }
                    return result;
                });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
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
