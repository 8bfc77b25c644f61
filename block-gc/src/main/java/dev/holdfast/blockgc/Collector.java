package dev.holdfast.blockgc;

import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.Census;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobLostException;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobStoppedException;
import dev.holdfast.model.PackId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of the collection, from expired uploads to deleted files, or the plan of one. Runs on any
 * number of machines may go at once: they share the work piece by piece.
 */
public final class Collector {
    private static final Logger log = LoggerFactory.getLogger(Collector.class);
    private static final Duration OPEN_WAIT_MAX = Duration.ofSeconds(8);
    private static final Duration OPEN_POLL = Duration.ofMillis(100);
    private static final int OPEN_MAX = 1_000;

    private final CollectionStore store;
    private final CollectorConfig config;
    private final Retention retention;
    private final InstantSource clock;
    private final Pacer pacer;
    private final ReferenceStage references;
    private final ChunkStage chunkStage;
    private final Compactor compactor;
    private final PackTrash trash;

    public Collector(
            CollectionStore store,
            ChunkRows chunks,
            Packs packs,
            Retention retention,
            CollectorConfig config,
            InstantSource clock,
            Pacer pacer) {
        this.store = store;
        this.config = config;
        this.retention = retention;
        this.clock = clock;
        this.pacer = pacer;
        this.references = new ReferenceStage(store.garbage());
        this.chunkStage = new ChunkStage(store.garbage(), store.packs(), config);
        this.compactor = new Compactor(store, chunks, packs, config);
        this.trash = new PackTrash(store.packs(), packs, config);
    }

    /** What a run works on. */
    record Parts(CollectionStore store, CollectorConfig config, InstantSource clock, Pacer pacer) {}

    Parts parts() {
        return new Parts(store, config, clock, pacer);
    }

    /**
     * Runs once, of its own accord. Never throws for what a run may meet: the report says how it
     * ended.
     *
     * @param holder names this run, and no other, among those who share the work
     */
    public GcReport run(GcRequest request, String holder) {
        return run(request, holder, () -> false);
    }

    GcReport run(GcRequest request, String holder, BooleanSupplier closing) {
        RunContext run = RunContext.routine(parts(), holder, request, closing);
        BackgroundJobs.State state = BackgroundJobs.State.FAILED;
        @Nullable String problem = null;
        Optional<GcRefusedException.Reason> refused = Optional.empty();
        try {
            try {
                stages(run);
                state = BackgroundJobs.State.DONE;
            } catch (JobStoppedException e) {
                Thread.interrupted();
                run.record().stop(e.why());
                return report(run, stopped(e.why()), null, refused);
            } catch (GcRefusedException e) {
                log.error("the collection refused to go on: {}", e.getMessage());
                problem = e.getMessage();
                refused = Optional.of(e.reason());
            }
        } catch (JobLostException e) {
            return report(run, BackgroundJobs.State.FAILED, e.getMessage(), refused);
        } catch (RuntimeException e) {
            log.error("the collection stopped", e);
            problem = String.valueOf(e.getMessage());
        }
        try {
            run.record().finish(state, problem);
        } catch (RuntimeException e) {
            log.warn("the end of a run could not be recorded", e);
        }
        return report(run, state, problem, refused);
    }

    private static BackgroundJobs.State stopped(JobStoppedException.Why why) {
        return switch (why) {
            case PAUSED -> BackgroundJobs.State.PAUSED;
            case CANCELLED -> BackgroundJobs.State.CANCELLED;
            case WORKER_ENDS -> BackgroundJobs.State.QUEUED;
        };
    }

    private static GcReport report(
            RunContext run,
            BackgroundJobs.State state,
            @Nullable String problem,
            Optional<GcRefusedException.Reason> refused) {
        return new GcReport(
                run.record().recorded(), state, run.record().counts(), problem, refused);
    }

    /**
     * Runs once as a job, of which the request is a {@link GcRequest}; what stops it is thrown.
     *
     * @param holder names this run, and no other, among those who share the work
     */
    void run(JobRun job, String holder) {
        stages(RunContext.of(parts(), holder, job));
    }

    private void stages(RunContext run) {
        if (run.request().force()) {
            log.warn("the collection is forced: {}", run.request().text());
            run.trace(
                    new Trace(
                            "forced",
                            run.request().text(),
                            0,
                            "somebody took the guard on how much goes at once away",
                            run.nowMillis()));
        }
        if (run.ordered() && run.request().now()) {
            run.record().phase("open packs");
            awaitOpenPacks(run);
        }
        run.record().phase("retention");
        run.share(
                "retention",
                (piece, lease) ->
                        retention.run(
                                piece.request().purgeTrash(),
                                steps -> {
                                    piece.add("retention_steps", steps);
                                    piece.goOn();
                                }));
        run.record().phase("references");
        references.run(run);
        run.record().phase("chunks");
        chunkStage.run(run);
        run.record().phase("compaction");
        compactor.run(run);
        if (run.ordered() && run.request().now()) {
            run.record().phase("readers");
            trash.awaitReaders(run);
        }
        run.record().phase("deletion");
        trash.run(run);
        if (run.ordered()) {
            run.record().phase("freeing");
            trash.awaitFreed(run);
        }
    }

    /**
     * Has all processes end the packs that they write, for nothing can be collected in an open one,
     * and waits a little: those of a process that died stay until a janitor has sealed them.
     */
    private void awaitOpenPacks(RunContext run) {
        Set<PackId> open = openPacks();
        if (open.isEmpty()) {
            return;
        }
        run.share(
                WorkLeases.OPEN_PACKS,
                (piece, lease) -> {
                    long until = clock.millis() + OPEN_WAIT_MAX.toMillis();
                    piece.record().until(until);
                    do {
                        piece.goOn();
                        pacer.pause(OPEN_POLL);
                        open.retainAll(openPacks());
                    } while (!open.isEmpty() && clock.millis() < until);
                    piece.add("packs_left_open", open.size());
                });
    }

    private Set<PackId> openPacks() {
        Set<PackId> open = new HashSet<>();
        store.packs()
                .atStage(PackStage.OPEN, null, OPEN_MAX)
                .forEach(pack -> open.add(pack.pack()));
        return open;
    }

    /**
     * What a run would do now, line by line, and what it would leave and why. Changes nothing. What
     * follows from what goes (a chunk's pack, a file's chunks) is listed by the plan after; trash,
     * old versions and uploads are added up per rule, and take plain bytes, not those of packs.
     */
    public GcPlan plan(GcRequest request, Consumer<PlanLine> lines) {
        long now = clock.millis();
        PlanSink sink = new PlanSink(lines);
        new PolicyPlan(retention).plan(request.purgeTrash(), sink);
        references.plan(now, sink);
        chunkStage.plan(now, request.now(), sink);
        PlanLeases leases = PlanLeases.of(store.leases().held(), now);
        compactor.plan(leases, sink);
        trash.plan(now, request.now(), leases, sink);
        leases.plan(sink);
        Census census = store.packs().census();
        return sink.plan(BlastRadius.capBytes(config, census.storedBytes()), census);
    }
}
