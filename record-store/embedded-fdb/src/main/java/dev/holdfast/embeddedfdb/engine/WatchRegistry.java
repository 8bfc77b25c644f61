package dev.holdfast.embeddedfdb.engine;

import java.util.ArrayList;
import java.util.List;
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
    /** A watch, in the row of those of its key, so that each can leave it at once. */
    private static final class Watch {
        final byte[] key;
        final byte @Nullable [] expected;
        final Executor executor;
        final CompletableFuture<Void> fired;
        @Nullable Watch before;
        @Nullable Watch behind;
        boolean listed;

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

    private final TreeMap<byte[], Watch> firstByKey = new TreeMap<>(Keys.ORDER);
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
        synchronized (firstByKey) {
            refused = closed;
            if (!closed) {
                list(watch);
                size++;
            }
        }
        if (refused) {
            completions.fail(executor, fired, FdbError.OPERATION_CANCELLED.exception());
            return;
        }
        var _ = fired.whenComplete((done, failure) -> remove(watch));
    }

    private void list(Watch watch) {
        Watch behind = firstByKey.put(watch.key, watch);
        if (behind != null) {
            behind.before = watch;
            watch.behind = behind;
        }
        watch.listed = true;
    }

    private void remove(Watch watch) {
        synchronized (firstByKey) {
            if (watch.listed) {
                unlist(watch);
                size--;
            }
        }
    }

    private void unlist(Watch watch) {
        Watch before = watch.before;
        Watch behind = watch.behind;
        if (behind != null) {
            behind.before = before;
        }
        if (before != null) {
            before.behind = behind;
        } else if (behind != null) {
            firstByKey.put(watch.key, behind);
        } else {
            firstByKey.remove(watch.key);
        }
        watch.listed = false;
    }

    /** Fires what a durable group changed. */
    void changed(GroupWrites writes) {
        if (size == 0) {
            return;
        }
        List<Watch> due = new ArrayList<>();
        synchronized (firstByKey) {
            for (byte[] key : writes.values().keySet()) {
                collect(firstByKey.get(key), writes, due);
            }
            writes.cleared()
                    .forEach((begin, end) ->
                            firstByKey
                                    .subMap(begin, true, end, false)
                                    .values()
                                    .forEach(first -> collect(first, writes, due)));
            // Whoever hears that one has fired finds it gone.
            for (Watch watch : due) {
                if (watch.listed) {
                    unlist(watch);
                    size--;
                }
            }
        }
        if (!due.isEmpty()) {
            completions.batch(due.stream().map(WatchRegistry::firing).toList());
        }
    }

    private static Runnable firing(Watch watch) {
        return () -> Completions.dispatch(watch.executor, () -> watch.fired.complete(null));
    }

    private static void collect(@Nullable Watch first, GroupWrites writes, List<Watch> due) {
        for (Watch watch = first; watch != null; watch = watch.behind) {
            if (writes.changes(watch.key, watch.expected)) {
                due.add(watch);
            }
        }
    }

    /** Fails every watch; later ones are refused. */
    void close() {
        List<Watch> all = new ArrayList<>();
        synchronized (firstByKey) {
            closed = true;
            for (Watch first : firstByKey.values()) {
                for (Watch watch = first; watch != null; watch = watch.behind) {
                    all.add(watch);
                }
            }
        }
        for (Watch watch : all) {
            completions.fail(watch.executor, watch.fired, FdbError.OPERATION_CANCELLED.exception());
        }
    }
}
