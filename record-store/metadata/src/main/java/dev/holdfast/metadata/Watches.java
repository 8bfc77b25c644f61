package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.model.NamespaceId;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One watch of the database per namespace with waiters, on the head of its feed. FoundationDB
 * counts watches per client; beyond the bound a waiter gets one that never completes, which costs
 * it a poll.
 */
final class Watches implements AutoCloseable {
    private static final int WATCHES_MAX = 8_000;

    private final RecordDatabase database;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<NamespaceId, Shared> shared = new HashMap<>();
    private boolean closed;

    Watches(RecordDatabase database) {
        this.database = database;
    }

    /** What the waiters of a namespace share; guarded by the lock but for its futures. */
    private static final class Shared {
        final CompletableFuture<Void> moved = new CompletableFuture<>();
        final CompletableFuture<CompletableFuture<Void>> armed = new CompletableFuture<>();
        int waiters;
    }

    FeedWatch watch(NamespaceId namespace) {
        Shared mine;
        boolean first;
        lock.lock();
        try {
            Shared found = shared.get(namespace);
            if (closed || (found == null && shared.size() >= WATCHES_MAX)) {
                return new Waiter(namespace, new Shared());
            }
            first = found == null;
            mine = found == null ? new Shared() : found;
            mine.waiters++;
            shared.put(namespace, mine);
        } finally {
            lock.unlock();
        }
        if (first) {
            arm(namespace, mine);
        } else {
            // What is committed after this call must be seen: wait until the watch really is set.
            mine.armed.join();
        }
        return new Waiter(namespace, mine);
    }

    private void arm(NamespaceId namespace, Shared mine) {
        ByteString ns = Bytes.of(namespace);
        CompletableFuture<Void> watch;
        try {
            watch =
                    database.write(transaction ->
                            transaction.watch(
                                    transaction.indexKey(
                                            Schema.Type.CHANGE_SET,
                                            Schema.CHANGE_HEAD,
                                            ns,
                                            Cells.load(transaction).getIncarnation())));
        } catch (RuntimeException failure) {
            finish(namespace, mine);
            mine.armed.complete(CompletableFuture.completedFuture(null));
            throw failure;
        }
        mine.armed.complete(watch);
        var _ = watch.whenComplete((done, failure) -> finish(namespace, mine));
    }

    /** Changed or lost: both mean that the waiters have to look. */
    private void finish(NamespaceId namespace, Shared mine) {
        lock.lock();
        try {
            shared.remove(namespace, mine);
        } finally {
            lock.unlock();
        }
        mine.moved.complete(null);
    }

    private void leave(NamespaceId namespace, Shared mine) {
        boolean last;
        lock.lock();
        try {
            last = --mine.waiters == 0 && shared.remove(namespace, mine);
        } finally {
            lock.unlock();
        }
        if (last) {
            var _ = mine.armed.thenAccept(watch -> watch.cancel(true));
        }
    }

    @Override
    public void close() {
        Map<NamespaceId, Shared> open;
        lock.lock();
        try {
            closed = true;
            open = Map.copyOf(shared);
            shared.clear();
        } finally {
            lock.unlock();
        }
        open.forEach((namespace, watch) -> {
            var _ = watch.armed.thenAccept(raw -> raw.cancel(true));
            watch.moved.complete(null);
        });
    }

    private final class Waiter implements FeedWatch {
        private final NamespaceId namespace;
        private final Shared shared;
        private boolean left;

        Waiter(NamespaceId namespace, Shared shared) {
            this.namespace = namespace;
            this.shared = shared;
        }

        @Override
        public CompletableFuture<Void> moved() {
            return shared.moved;
        }

        @Override
        public synchronized void close() {
            if (!left) {
                left = true;
                leave(namespace, shared);
            }
        }
    }
}
