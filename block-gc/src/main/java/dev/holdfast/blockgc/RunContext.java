package dev.holdfast.blockgc;

import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.GcJobs;
import dev.holdfast.metadata.LeaseLostException;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.Id128;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run while it goes: its leases, its counts and whether it should go on. For one thread.
 *
 * <p>A routine run gets its job row with the first thing it does, so that idle workers leave none.
 */
final class RunContext {
    private static final Duration HEARTBEAT = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(200);

    private final CollectionStore store;
    private final CollectorConfig config;
    private final InstantSource clock;
    private final Pacer pacer;
    private final String holder;
    private final GcRequest request;
    private final Map<String, Long> counts = new TreeMap<>();
    private @Nullable Id128 job;
    private @Nullable WorkLease lease;
    private long renewedAtMillis;
    private long beatAtMillis;

    RunContext(
            CollectionStore store,
            CollectorConfig config,
            InstantSource clock,
            Pacer pacer,
            String holder,
            GcRequest request) {
        this.store = store;
        this.config = config;
        this.clock = clock;
        this.pacer = pacer;
        this.holder = holder;
        this.request = request;
    }

    GcRequest request() {
        return request;
    }

    Pacer pacer() {
        return pacer;
    }

    String holder() {
        return holder;
    }

    Map<String, Long> counts() {
        return Map.copyOf(counts);
    }

    long count(String name) {
        return counts.getOrDefault(name, 0L);
    }

    void add(String name, long value) {
        if (value != 0) {
            job();
            counts.merge(name, value, Long::sum);
        }
    }

    /** The run's id, recorded by now. */
    Id128 job() {
        Id128 known = job;
        if (known == null) {
            known = store.jobs().start(request.text(), holder);
            job = known;
        }
        return known;
    }

    boolean recorded() {
        return job != null;
    }

    long nowMillis() {
        return clock.millis();
    }

    /** Things since then or before have had their grace. */
    long graceOver(Duration grace, Duration least) {
        return nowMillis() - (request.now() ? least : grace).toMillis();
    }

    /**
     * Does a piece of work if nobody else does it at this moment; false when somebody does. A lease
     * lost on the way ends the piece, not the run.
     */
    boolean share(String work, Consumer<WorkLease> body) {
        Optional<WorkLease> taken = store.leases().acquire(work, holder, config.leaseLife());
        if (taken.isEmpty()) {
            return false;
        }
        WorkLease mine = taken.get();
        lease = mine;
        renewedAtMillis = nowMillis();
        try {
            body.accept(mine);
        } catch (LeaseLostException e) {
            add("leases_lost", 1);
            return false;
        } finally {
            lease = null;
            store.leases().release(mine);
        }
        return true;
    }

    /** To be called between any two transactions: keeps the lease, and obeys who asks for it. */
    void goOn() {
        if (Thread.currentThread().isInterrupted()) {
            throw new GcCancelledException();
        }
        long now = nowMillis();
        WorkLease held = lease;
        if (held != null && now - renewedAtMillis > config.leaseLife().toMillis() / 3) {
            store.leases().renew(held, config.leaseLife());
            renewedAtMillis = now;
        }
        Id128 known = job;
        if (known != null && now - beatAtMillis >= HEARTBEAT.toMillis()) {
            beatAtMillis = now;
            obey(known);
        }
    }

    private void obey(Id128 known) {
        GcJobs.State state = GcJobs.State.RUNNING;
        while (true) {
            switch (store.jobs().heartbeat(known, state, counts())) {
                case GO_ON -> {
                    return;
                }
                case CANCEL -> throw new GcCancelledException();
                case PAUSE -> {
                    state = GcJobs.State.PAUSED;
                    pacer.pause(POLL);
                    if (lease != null) {
                        store.leases().renew(lease, config.leaseLife());
                    }
                }
            }
        }
    }

    void finish(GcJobs.State state, @Nullable String problem) {
        if (job != null || problem != null) {
            store.jobs().finish(job(), state, counts(), problem);
        }
    }
}
