package dev.holdfast.blockgc;

import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.LeaseLostException;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.jobs.JobRun;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One run while it goes, or one piece of it: the lease, and whether to go on. For one thread; what
 * pieces share is their {@link RunRecord}. An ordered run waits for pieces of work that another
 * worker has.
 */
final class RunContext {
    private static final Duration POLL = Duration.ofMillis(200);

    /** A holder that lives gives a piece back within a run; a dead one within a lease. */
    private static final int WAITS_MAX = 3_000;

    private final Collector.Parts parts;
    private final String holder;
    private final GcRequest request;
    private final boolean ordered;
    private final RunRecord record;
    private @Nullable WorkLease lease;
    private long renewedAtMillis;

    /** A piece of work, done under its lease. */
    interface Piece {
        void work(RunContext piece, WorkLease lease);
    }

    private RunContext(
            Collector.Parts parts,
            String holder,
            GcRequest request,
            boolean ordered,
            RunRecord record) {
        this.parts = parts;
        this.holder = holder;
        this.request = request;
        this.ordered = ordered;
        this.record = record;
    }

    /** A run that nobody ordered. */
    static RunContext routine(
            Collector.Parts parts, String holder, GcRequest request, BooleanSupplier closing) {
        RunRecord record =
                new RunRecord(
                        null,
                        () ->
                                new JobRun(
                                        parts.store().jobs(),
                                        parts.store()
                                                .jobs()
                                                .begin(
                                                        GcWorker.KIND,
                                                        request.json(),
                                                        holder,
                                                        parts.config().leaseLife()),
                                        parts.config().leaseLife(),
                                        parts.clock(),
                                        closing),
                        closing);
        return new RunContext(parts, holder, request, false, record);
    }

    /** A run that was ordered, or begun by a worker that died. */
    static RunContext of(Collector.Parts parts, String holder, JobRun job) {
        return new RunContext(
                parts,
                holder,
                GcRequest.parse(job.request()),
                true,
                new RunRecord(job, () -> job, () -> false));
    }

    GcRequest request() {
        return request;
    }

    /** Somebody asked for this run and waits for it. */
    boolean ordered() {
        return ordered;
    }

    RunRecord record() {
        return record;
    }

    Pacer pacer() {
        return parts.pacer();
    }

    String holder() {
        return holder;
    }

    long count(String name) {
        return record.count(name);
    }

    void add(String name, long value) {
        record.add(name, value);
    }

    void trace(Object what) {
        record.trace(what);
    }

    long nowMillis() {
        return parts.clock().millis();
    }

    /** Things since then or before have had their grace. */
    long graceOver(Duration grace, Duration least) {
        return nowMillis() - (request.now() ? least : grace).toMillis();
    }

    /** Takes a step in the metadata, which says how many rows it was, and gives way after it. */
    <T> T rows(ToLongFunction<T> units, Supplier<T> step) {
        long start = pacer().nanos();
        T result = step.get();
        pacer().stepped(Pacer.Step.ROWS, units.applyAsLong(result), pacer().nanos() - start);
        return result;
    }

    /**
     * Does a piece of work. A routine run leaves it to whoever has it; an ordered one waits, for
     * what was ordered is that it be done. A lease lost on the way ends the piece, not the run.
     */
    void share(String work, Piece body) {
        CollectionStore store = parts.store();
        Optional<WorkLease> taken = acquire(work);
        if (taken.isEmpty()) {
            return;
        }
        WorkLease mine = taken.get();
        lease = mine;
        renewedAtMillis = nowMillis();
        try {
            body.work(this, mine);
        } catch (LeaseLostException e) {
            add("leases_lost", 1);
        } finally {
            lease = null;
            // A flag raised meanwhile would keep the lease until it runs out.
            boolean interrupted = Thread.interrupted();
            store.leases().release(mine);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Does pieces of the same kind, as many at once as is configured; one, if bytes are limited.
     */
    void shareEach(List<String> works, ShardedPiece body) {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        Runnable some =
                () -> {
                    RunContext piece = new RunContext(parts, holder, request, ordered, record);
                    try {
                        for (int i = next.getAndIncrement();
                                i < works.size();
                                i = next.getAndIncrement()) {
                            int mine = i;
                            piece.share(works.get(i), (p, held) -> body.work(p, held, mine));
                        }
                    } catch (RuntimeException e) {
                        // The others stop because of it, so that it is the first.
                        failure.compareAndSet(null, e);
                        record.fail();
                    }
                };
        boolean limited = request.bytesMax() < Long.MAX_VALUE;
        int threads = limited ? 1 : Math.min(parts.config().concurrency(), works.size());
        if (threads == 1) {
            some.run();
        } else {
            together(threads, some);
        }
        RuntimeException first = failure.get();
        if (first != null) {
            throw first;
        }
    }

    /** One of several pieces of the same kind. */
    interface ShardedPiece {
        void work(RunContext piece, WorkLease lease, int shard);
    }

    private static void together(int threads, Runnable some) {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(executor.submit(some));
            }
            try {
                for (Future<?> each : running) {
                    each.get();
                }
            } catch (InterruptedException e) {
                // Each of them stops at its next step, and close() waits for that.
                executor.shutdownNow();
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a piece of a run broke off", e);
            }
        }
    }

    private Optional<WorkLease> acquire(String work) {
        for (int wait = 0; wait < WAITS_MAX; wait++) {
            goOn();
            Optional<WorkLease> taken =
                    parts.store().leases().acquire(work, holder, parts.config().leaseLife());
            if (taken.isPresent() || !ordered) {
                return taken;
            }
            pacer().pause(POLL);
        }
        throw new IllegalStateException(
                "another worker does not give back its part of the collection, "
                        + work
                        + ": see `gc status` for who holds it, and run again");
    }

    /** To be called between any two transactions: keeps the lease, and obeys who asks for it. */
    void goOn() {
        record.goOn();
        long now = nowMillis();
        WorkLease held = lease;
        long life = parts.config().leaseLife().toMillis();
        if (held != null && now - renewedAtMillis > life / 3) {
            parts.store().leases().renew(held, parts.config().leaseLife());
            renewedAtMillis = now;
        }
    }
}
