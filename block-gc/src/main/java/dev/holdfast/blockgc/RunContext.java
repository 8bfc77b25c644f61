package dev.holdfast.blockgc;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.LeaseLostException;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobLoop;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobStoppedException;
import dev.holdfast.model.Id128;
import dev.holdfast.model.wire.WireJson;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run while it goes: its leases, its counts and whether it should go on. For one thread.
 *
 * <p>A routine run gets its job with the first thing it does, so that idle workers leave none; an
 * ordered one has it from the beginning, and waits for pieces of work that another worker has.
 */
final class RunContext {
    private static final Duration POLL = Duration.ofMillis(200);

    /** A holder that lives gives a piece back within a run; a dead one within a lease. */
    private static final int WAITS_MAX = 3_000;

    private final CollectionStore store;
    private final CollectorConfig config;
    private final InstantSource clock;
    private final Pacer pacer;
    private final String holder;
    private final GcRequest request;
    private final BooleanSupplier closing;
    private final boolean ordered;
    private @Nullable JobRun job;
    private @Nullable WorkLease lease;
    private long renewedAtMillis;

    private RunContext(
            Collector.Parts parts,
            String holder,
            GcRequest request,
            @Nullable JobRun job,
            BooleanSupplier closing) {
        this.store = parts.store();
        this.config = parts.config();
        this.clock = parts.clock();
        this.pacer = parts.pacer();
        this.holder = holder;
        this.request = request;
        this.job = job;
        this.ordered = job != null;
        this.closing = closing;
    }

    /** A run that nobody ordered. */
    static RunContext routine(
            Collector.Parts parts, String holder, GcRequest request, BooleanSupplier closing) {
        return new RunContext(parts, holder, request, null, closing);
    }

    /** A run that was ordered, or begun by a worker that died. */
    static RunContext of(Collector.Parts parts, String holder, JobRun job) {
        return new RunContext(parts, holder, GcRequest.parse(job.request()), job, () -> false);
    }

    GcRequest request() {
        return request;
    }

    /** Somebody asked for this run and waits for it. */
    boolean ordered() {
        return ordered;
    }

    /** Says what the run does from here on. */
    void phase(String name) {
        if (job != null) {
            job.cursor(name);
            job.goOn();
        }
    }

    Pacer pacer() {
        return pacer;
    }

    String holder() {
        return holder;
    }

    Map<String, Long> counts() {
        return job == null ? Map.of() : job.counts();
    }

    long count(String name) {
        return job == null ? 0 : job.count(name);
    }

    void add(String name, long value) {
        if (value != 0) {
            begun().add(name, value);
        }
    }

    /** Keeps a trace of what was done, with the job. */
    void trace(Object what) {
        try {
            begun().find(WireJson.mapper().writeValueAsString(what));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a trace cannot be written as JSON", e);
        }
    }

    /** The run's id, recorded by now. */
    Id128 job() {
        return begun().id();
    }

    private JobRun begun() {
        JobRun known = job;
        if (known == null) {
            known =
                    new JobRun(
                            store.jobs(),
                            store.jobs()
                                    .begin(
                                            GcWorker.KIND,
                                            request.json(),
                                            holder,
                                            JobLoop.LEASE_LIFE),
                            JobLoop.LEASE_LIFE,
                            clock,
                            closing);
            job = known;
        }
        return known;
    }

    Optional<Id128> recorded() {
        return job == null ? Optional.empty() : Optional.of(job.id());
    }

    long nowMillis() {
        return clock.millis();
    }

    /** Things since then or before have had their grace. */
    long graceOver(Duration grace, Duration least) {
        return nowMillis() - (request.now() ? least : grace).toMillis();
    }

    /**
     * Does a piece of work. A routine run leaves it to whoever has it; an ordered one waits, for
     * what was ordered is that it be done. A lease lost on the way ends the piece, not the run.
     */
    void share(String work, Consumer<WorkLease> body) {
        Optional<WorkLease> taken = acquire(work);
        if (taken.isEmpty()) {
            return;
        }
        WorkLease mine = taken.get();
        lease = mine;
        renewedAtMillis = nowMillis();
        try {
            body.accept(mine);
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

    private Optional<WorkLease> acquire(String work) {
        for (int wait = 0; wait < WAITS_MAX; wait++) {
            goOn();
            Optional<WorkLease> taken = store.leases().acquire(work, holder, config.leaseLife());
            if (taken.isPresent() || !ordered) {
                return taken;
            }
            pacer.pause(POLL);
        }
        throw new IllegalStateException(
                "another worker does not give back its part of the collection, "
                        + work
                        + ": see `gc status` for who holds it, and run again");
    }

    /** To be called between any two transactions: keeps the lease, and obeys who asks for it. */
    void goOn() {
        if (closing.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
        }
        long now = nowMillis();
        WorkLease held = lease;
        if (held != null && now - renewedAtMillis > config.leaseLife().toMillis() / 3) {
            store.leases().renew(held, config.leaseLife());
            renewedAtMillis = now;
        }
        if (job != null) {
            job.goOn();
        }
    }

    void stop(JobStoppedException.Why why) {
        if (job != null) {
            job.stop(why);
        }
    }

    void finish(BackgroundJobs.State state, @Nullable String problem) {
        if (job != null || problem != null) {
            begun().end(state, problem, null);
        }
    }
}
