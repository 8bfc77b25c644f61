package dev.holdfast.blockgc;

import dev.holdfast.metadata.GcJobs;
import dev.holdfast.model.Id128;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects by itself, period by period, and on order. Of one worker one run goes at a time; an
 * order waits for the run before it. For any number of threads.
 */
public final class GcWorker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GcWorker.class);
    private static final long CLOSE_SECONDS_MAX = 20;

    private final Collector collector;
    private final InstantSource clock;
    private final String holder;
    private final ReentrantLock running = new ReentrantLock();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final AtomicLong runs = new AtomicLong();
    private final AtomicLong lastSuccessMillis = new AtomicLong();
    private final Map<String, Long> totals = new TreeMap<>();
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("gc-", 0).factory());

    /**
     * @param holder names this worker's process, and no other's, ever
     */
    public GcWorker(Collector collector, InstantSource clock, String holder) {
        this.collector = collector;
        this.clock = clock;
        this.holder = holder;
    }

    /** Begins to collect by itself, first after one period. */
    public void start() {
        threads.execute(() -> {
            try {
                while (!closing.get()) {
                    collector.pacer().pause(collector.config().period());
                    if (!closing.get()) {
                        run(GcRequest.routine());
                    }
                }
            } catch (GcCancelledException e) {
                log.debug("the worker was interrupted");
            }
        });
    }

    /** An order that was taken. */
    public record Submitted(Id128 job, CompletableFuture<GcReport> report) {}

    /** Takes an order and comes back at once ({@code gc run --delete --detach}). */
    public Submitted submit(GcRequest request) {
        RunContext run = context(request);
        Id128 job = run.job();
        return new Submitted(job, CompletableFuture.supplyAsync(() -> runAlone(run), threads));
    }

    /** Runs and waits ({@code gc run --delete}). */
    public GcReport run(GcRequest request) {
        return runAlone(context(request));
    }

    private RunContext context(GcRequest request) {
        return collector.begin(request, holder + "/" + runs.incrementAndGet());
    }

    private GcReport runAlone(RunContext run) {
        running.lock();
        try {
            GcReport report = collector.run(run);
            report.counts().forEach((name, value) -> totals.merge(name, value, Long::sum));
            report.refused()
                    .ifPresent(reason -> totals.merge("refused_" + reason.name(), 1L, Long::sum));
            if (report.state() == GcJobs.State.DONE) {
                lastSuccessMillis.set(clock.millis());
            }
            return report;
        } finally {
            running.unlock();
        }
    }

    /** What a run would do ({@code gc plan}, and {@code gc run} without {@code --delete}). */
    public GcPlan plan(GcRequest request, Consumer<PlanLine> lines) {
        return collector.plan(request, lines);
    }

    /** {@code gc status}. */
    public GcStatus status() {
        return new GcStatus(
                collector.store().packs().census(),
                collector.store().leases().held(),
                collector.store().jobs().list(),
                lastSuccessMillis.get());
    }

    /** {@code job pause|resume|cancel}, of a run on any machine; false when none is going. */
    public boolean wish(Id128 job, GcJobs.Wish wish) {
        return collector.store().jobs().wish(job, wish);
    }

    /** What this worker has done so far, by the names of {@link GcReport#counts}. */
    public Map<String, Long> totals() {
        running.lock();
        try {
            return Map.copyOf(totals);
        } finally {
            running.unlock();
        }
    }

    /** Stops a run between two steps, and waits for it within a limit. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                log.warn("a run did not stop in time; its leases run out by themselves");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
