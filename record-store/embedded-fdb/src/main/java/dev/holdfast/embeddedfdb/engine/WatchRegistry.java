package dev.holdfast.embeddedfdb.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The watches of committed transactions, by key. A watch fires once, when a durable commit leaves
 * its key with another value than the expected one.
 *
 * <p>A watch counts towards the limit from the moment it is made, also while its transaction has
 * not committed; otherwise many transactions could go beyond the limit together.
 */
final class WatchRegistry {
    private static final class Watch {
        final byte[] key;
        final byte @Nullable [] expected;
        final Executor executor;
        final CompletableFuture<Void> fired;

        Watch(
                byte[] key,
                byte @Nullable [] expected,
                Executor executor,
                CompletableFuture<Void> fired) {
            this.key = key;
            this.expected = expected;
            this.executor = executor;
            this.fired = fired;
        }
    }

    private final TreeMap<byte[], List<Watch>> byKey = new TreeMap<>(Keys.ORDER);
    private final Completions completions;
    private boolean closed;
    private volatile int size;
    private final AtomicInteger made = new AtomicInteger();

    WatchRegistry(Completions completions) {
        this.completions = completions;
    }

    int size() {
        return size;
    }

    /**
     * Counts a watch until its future ends in any way.
     *
     * @param max watches there may be, with those of transactions that have not committed
     * @throws EmbeddedFdbException 1032 when there are as many already
     */
    void make(CompletableFuture<Void> fired, int max) {
        int before = made.getAndUpdate(count -> count < max ? count + 1 : count);
        if (before >= max) {
            throw FdbError.TOO_MANY_WATCHES.exception();
        }
        var _ = fired.whenComplete((done, failure) -> made.decrementAndGet());
    }

    /** Registers a watch; when the future ends in any way, the watch is gone. */
    void add(
            byte[] key,
            byte @Nullable [] expected,
            Executor executor,
            CompletableFuture<Void> fired) {
        Watch watch = new Watch(key, expected, executor, fired);
        boolean refused;
        synchronized (byKey) {
            refused = closed;
            if (!closed) {
                byKey.computeIfAbsent(key, k -> new ArrayList<>(1)).add(watch);
                size++;
            }
        }
        if (refused) {
            completions.fail(executor, fired, FdbError.OPERATION_CANCELLED.exception());
            return;
        }
        var _ = fired.whenComplete((done, failure) -> remove(watch));
    }

    private void remove(Watch watch) {
        synchronized (byKey) {
            List<Watch> watches = byKey.get(watch.key);
            if (watches != null && watches.remove(watch)) {
                size--;
                if (watches.isEmpty()) {
                    byKey.remove(watch.key);
                }
            }
        }
    }

    /** Fires what a durable group changed. */
    void changed(GroupWrites writes) {
        if (size == 0) {
            return;
        }
        List<Watch> due = new ArrayList<>();
        synchronized (byKey) {
            for (byte[] key : writes.values().keySet()) {
                collect(byKey.get(key), writes, due);
            }
            writes.cleared()
                    .forEach((begin, end) -> {
                        NavigableMap<byte[], List<Watch>> hit =
                                byKey.subMap(begin, true, end, false);
                        hit.values().forEach(watches -> collect(watches, writes, due));
                    });
        }
        for (Watch watch : due) {
            completions.complete(watch.executor, watch.fired, null);
        }
    }

    private static void collect(
            @Nullable List<Watch> watches, GroupWrites writes, List<Watch> due) {
        if (watches == null) {
            return;
        }
        for (Watch watch : watches) {
            if (writes.changes(watch.key, watch.expected)) {
                due.add(watch);
            }
        }
    }

    /** Fails every watch; later ones are refused. */
    void close() {
        List<Watch> all = new ArrayList<>();
        synchronized (byKey) {
            closed = true;
            for (Map.Entry<byte[], List<Watch>> entry : byKey.entrySet()) {
                all.addAll(entry.getValue());
            }
        }
        for (Watch watch : all) {
            completions.fail(watch.executor, watch.fired, FdbError.OPERATION_CANCELLED.exception());
        }
    }
}
