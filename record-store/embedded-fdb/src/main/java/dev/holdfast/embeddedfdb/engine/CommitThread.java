package dev.holdfast.embeddedfdb.engine;

import dev.holdfast.embeddedfdb.engine.CommitRequest.Committed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * The single writer. It drains the queue into a group, decides each transaction against the
 * conflict window in order, writes the accepted ones as one batch with one synchronisation of the
 * log, publishes the group's version and only then lets the callers know. While it waits for the
 * disk the next group gathers, so the group grows with the load.
 */
final class CommitThread {
    private static final int GROUP_REQUESTS_MAX = 1_024;
    private static final long GROUP_BYTES_MAX = 16L << 20;
    private static final long QUEUED_BYTES_MAX = 64L << 20;

    private final Engine engine;
    private final Storage storage;
    private final Faults faults;
    private final ConflictWindow window;
    private final LinkedBlockingQueue<Item> queue = new LinkedBlockingQueue<>();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final Thread thread;

    private sealed interface Item {}

    private record Work(CommitRequest request) implements Item {}

    private record Stop() implements Item {}

    /** A transaction of the group that was accepted. */
    private record Accepted(
            CommitRequest request, Committed committed, Faults.@Nullable Fault fault) {}

    CommitThread(Engine engine, Storage storage, Faults faults, long firstVersion) {
        this.engine = engine;
        this.storage = storage;
        this.faults = faults;
        window = new ConflictWindow(Engine.WINDOW_VERSIONS, firstVersion);
        thread = Thread.ofPlatform().daemon().name("holdfast-fdb-commit").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void submit(CommitRequest request) {
        if (queuedBytes.addAndGet(request.bytes()) > QUEUED_BYTES_MAX) {
            queuedBytes.addAndGet(-request.bytes());
            fail(request, FdbError.PROXY_MEMORY_LIMIT_EXCEEDED.exception());
            return;
        }
        queue.add(new Work(request));
        if (!thread.isAlive()) {
            failQueued();
        }
    }

    /** Waits until everything queued before is decided. */
    void stop() {
        queue.add(new Stop());
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        failQueued();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void failQueued() {
        for (Item item = queue.poll(); item != null; item = queue.poll()) {
            if (item instanceof Work work) {
                fail(
                        work.request(),
                        FdbError.OPERATION_CANCELLED.exception("the database is closed"));
            }
        }
    }

    private void run() {
        List<CommitRequest> group = new ArrayList<>();
        while (true) {
            group.clear();
            boolean more = gather(group);
            if (!group.isEmpty()) {
                commit(group);
            }
            if (!more) {
                return;
            }
        }
    }

    /** Fills a group with what is queued, at least one; false at the end. */
    private boolean gather(List<CommitRequest> group) {
        long bytes = 0;
        Item item = take();
        while (item != null) {
            if (!(item instanceof Work(CommitRequest request))) {
                return false;
            }
            group.add(request);
            bytes += request.bytes();
            if (group.size() >= GROUP_REQUESTS_MAX || bytes >= GROUP_BYTES_MAX) {
                break;
            }
            item = queue.poll();
        }
        queuedBytes.addAndGet(-bytes);
        return true;
    }

    private Item take() {
        while (true) {
            try {
                return queue.take();
            } catch (InterruptedException stray) {
                // Nobody owns this thread but the engine, which stops it through the queue.
            }
        }
    }

    private void commit(List<CommitRequest> group) {
        long version = engine.beginGroup();
        List<Runnable> outcomes = new ArrayList<>(group.size());
        try {
            if (storage.reopenIfBroken(engine::letGoOfStorage)) {
                engine.storageReplaced(version - 1);
            }
            GroupWrites writes = new GroupWrites(storage::get);
            List<Accepted> accepted = new ArrayList<>(group.size());
            window.forgetBefore(version - Engine.WINDOW_VERSIONS);
            for (CommitRequest request : group) {
                Faults.Fault fault = faults.onCommit(request);
                EmbeddedFdbException refusal = refusal(request, fault);
                if (refusal != null) {
                    later(fault, () -> tell(request, refusal), outcomes);
                    continue;
                }
                Committed committed = new Committed(version, accepted.size());
                accept(request, committed, writes);
                accepted.add(new Accepted(request, committed, fault));
            }
            write(writes, version, accepted, outcomes);
        } catch (RuntimeException | Error failure) {
            failGroup(group, failure);
        } finally {
            engine.endGroup();
        }
        engine.statistics().windowBytes = window.bytes();
        engine.completions().batch(outcomes);
    }

    private @Nullable EmbeddedFdbException refusal(
            CommitRequest request, Faults.@Nullable Fault fault) {
        FdbError faultError = fault == null ? null : fault.error();
        if (fault != null && faultError != null && fault.fate() == Faults.Fate.REFUSE) {
            return faultError.exception();
        }
        List<byte[]> reads = request.readConflicts();
        if (reads.isEmpty() && !request.checked()) {
            return null;
        }
        if (request.readVersion() < window.oldestVersion()) {
            engine.statistics().tooOld.increment();
            return FdbError.TRANSACTION_TOO_OLD.exception();
        }
        Consumer<List<byte[]>> reportTo = request.onConflict();
        List<byte[]> hits = new ArrayList<>();
        for (int i = 0; i < reads.size(); i += 2) {
            if (window.writtenAfter(reads.get(i), reads.get(i + 1), request.readVersion())) {
                if (reportTo == null) {
                    engine.statistics().conflicts.increment();
                    return FdbError.NOT_COMMITTED.exception();
                }
                hits.add(reads.get(i));
                hits.add(reads.get(i + 1));
            }
        }
        if (hits.isEmpty() || reportTo == null) {
            return null;
        }
        engine.statistics().conflicts.increment();
        reportTo.accept(hits);
        return FdbError.NOT_COMMITTED.exception();
    }

    private void accept(CommitRequest request, Committed committed, GroupWrites writes) {
        long version = committed.version();
        List<byte[]> ranges = request.writeConflicts();
        for (int i = 0; i < ranges.size(); i += 2) {
            window.add(ranges.get(i), ranges.get(i + 1), version);
        }
        byte[] stamp = committed.versionstamp();
        for (Mutation mutation : request.mutations()) {
            if (mutation.kind() == MutationKind.SET_VERSIONSTAMPED_KEY) {
                byte[] key = Versionstamps.fill(mutation.key(), stamp);
                window.add(key, Keys.after(key), version);
            }
            writes.apply(mutation, stamp);
        }
    }

    private void write(
            GroupWrites writes, long version, List<Accepted> accepted, List<Runnable> outcomes) {
        if (accepted.isEmpty()) {
            return;
        }
        Statistics statistics = engine.statistics();
        long start = System.nanoTime();
        try {
            EmbeddedFdbException failed = written(writes, version);
            if (failed != null) {
                statistics.failures.add(accepted.size());
                accepted.forEach(each -> outcomes.add(() -> tell(each.request(), failed)));
                return;
            }
            statistics.syncNanos.add(System.nanoTime() - start);
            engine.publish(version);
            engine.watches().changed(writes);
        } catch (EmbeddedFdbException nothingWritten) {
            throw nothingWritten;
        } catch (RuntimeException | Error failure) {
            // It may be durable, so nobody must hear that it is not.
            statistics.failures.add(accepted.size());
            EmbeddedFdbException unknown = failed(FdbError.COMMIT_UNKNOWN_RESULT, failure);
            accepted.forEach(each -> outcomes.add(() -> tell(each.request(), unknown)));
            return;
        }
        statistics.groups.increment();
        statistics.commits.add(accepted.size());
        statistics.writtenBytes.add(writes.bytes());
        for (Accepted each : accepted) {
            later(each.fault(), () -> tell(each), outcomes);
        }
    }

    /**
     * Writes a group; null when it is durable, else what became of it.
     *
     * @throws EmbeddedFdbException when nothing was written
     */
    private @Nullable EmbeddedFdbException written(GroupWrites writes, long version) {
        try {
            storage.write(writes, version);
            return null;
        } catch (RocksDBException failure) {
            Storage.Outcome outcome = storage.afterFailedWrite(version, engine::letGoOfStorage);
            if (storage.isOpen()) {
                engine.storageReplaced(version);
            }
            return switch (outcome) {
                case COMMITTED -> null;
                case NOT_COMMITTED -> failed(FdbError.IO_ERROR, failure);
                case UNKNOWN -> failed(FdbError.COMMIT_UNKNOWN_RESULT, failure);
            };
        }
    }

    /** Tells with the rest of the group, or later where a fault says so. */
    private void later(Faults.@Nullable Fault fault, Runnable telling, List<Runnable> outcomes) {
        if (fault == null || fault.delayMillis() == 0) {
            outcomes.add(telling);
            return;
        }
        try {
            var _ = engine.timer().schedule(telling, fault.delayMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closing) {
            outcomes.add(telling);
        }
    }

    private static EmbeddedFdbException failed(FdbError kind, Throwable failure) {
        EmbeddedFdbException error =
                kind.exception(
                        "the database could not be written ("
                                + failure.getMessage()
                                + "); check that its disk has space and is writable");
        error.initCause(failure);
        return error;
    }

    private static void tell(Accepted accepted) {
        Faults.Fault fault = accepted.fault();
        FdbError pretended = fault == null ? null : fault.error();
        if (pretended != null) {
            tell(accepted.request(), pretended.exception());
            return;
        }
        CommitRequest request = accepted.request();
        Completions.dispatch(
                request.executor(), () -> request.outcome().complete(accepted.committed()));
    }

    private static void tell(CommitRequest request, EmbeddedFdbException failure) {
        Completions.dispatch(
                request.executor(), () -> request.outcome().completeExceptionally(failure));
    }

    /** A failure before anything was written: the whole group is refused. */
    private void failGroup(List<CommitRequest> group, Throwable failure) {
        engine.statistics().failures.add(group.size());
        for (CommitRequest request : group) {
            EmbeddedFdbException error =
                    failure instanceof EmbeddedFdbException known
                            ? known
                            : FdbError.OPERATION_FAILED.exception(String.valueOf(failure));
            fail(request, error);
        }
    }

    private void fail(CommitRequest request, EmbeddedFdbException failure) {
        engine.completions().fail(request.executor(), request.outcome(), failure);
    }
}
