package dev.holdfast.blockgc;

import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobLoop;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobStoppedException;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects by itself, period by period, and takes the jobs of kind {@link #KIND}. Of one worker one
 * run goes at a time. For any number of threads.
 */
public final class GcWorker implements AutoCloseable {
    /** Kind of the collection's jobs; the request of one is {@link GcRequest#json}. */
    public static final String KIND = "gc";

    private static final Logger log = LoggerFactory.getLogger(GcWorker.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(20);

    private final Collector collector;
    private final InstantSource clock;
    private final String holder;
    private final ReentrantLock running = new ReentrantLock();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicLong runs = new AtomicLong();
    private final AtomicLong lastSuccessMillis = new AtomicLong();
    private final ReentrantLock counting = new ReentrantLock();
    private final Map<String, Long> totals = new TreeMap<>();
    private final JobLoop orders;
    private final Thread routine;

    /**
     * @param holder names this worker's process, and no other's, ever
     */
    public GcWorker(Collector collector, InstantSource clock, String holder) {
        this.collector = collector;
        this.clock = clock;
        this.holder = holder;
        this.orders =
                new JobLoop(
                        collector.parts().store().jobs(),
                        KIND,
                        holder,
                        POLL,
                        clock,
                        this::ordered,
                        collector.parts().config().leaseLife());
        this.routine = Thread.ofVirtual().name("gc-routine").unstarted(this::runRoutine);
    }

    /** Begins to take orders, and to collect by itself, first after one period. */
    public void start() {
        orders.start();
        routine.start();
    }

    private void runRoutine() {
        try {
            long period = collector.parts().config().period().toMillis();
            while (!closing.await(period, TimeUnit.MILLISECONDS)) {
                collect();
            }
        } catch (InterruptedException e) {
            log.debug("the collection's own rhythm was interrupted");
        }
    }

    /** Collects once, of its own accord, as it does period by period. */
    public GcReport collect() {
        running.lock();
        try {
            GcReport report =
                    collector.run(GcRequest.routine(), nextHolder(), () -> closing.getCount() == 0);
            count(report.counts(), Map.of());
            report.refused().ifPresent(this::refused);
            if (report.state() == BackgroundJobs.State.DONE) {
                lastSuccessMillis.set(clock.millis());
            }
            return report;
        } finally {
            running.unlock();
        }
    }

    private String nextHolder() {
        return holder + "/" + runs.incrementAndGet();
    }

    /** Waits for the run before, and keeps the job meanwhile. */
    private void awaitTurn(JobRun job) throws InterruptedException {
        while (!running.tryLock(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
            job.goOn();
        }
    }

    private @Nullable String ordered(JobRun job) throws InterruptedException {
        awaitTurn(job);
        Map<String, Long> before = job.counts();
        try {
            log.info("the collection begins as job {}: {}", job.id(), job.request());
            collector.run(job, nextHolder());
            lastSuccessMillis.set(clock.millis());
            return null;
        } catch (GcRefusedException e) {
            refused(e.reason());
            throw e;
        } catch (JobStoppedException e) {
            log.info("job {} stops: {}", job.id(), e.why());
            throw e;
        } finally {
            count(job.counts(), before);
            running.unlock();
        }
    }

    private void refused(GcRefusedException.Reason reason) {
        count(Map.of("refused_" + reason.name(), 1L), Map.of());
    }

    private void count(Map<String, Long> now, Map<String, Long> before) {
        counting.lock();
        try {
            now.forEach((name, value) ->
                    totals.merge(name, value - before.getOrDefault(name, 0L), Long::sum));
        } finally {
            counting.unlock();
        }
    }

    /** Orders a run of whichever worker is free first ({@code gc run --delete}). */
    public Answer<Id128> submit(GcRequest request) {
        return collector.parts().store().jobs().submit(KIND, request.json());
    }

    /** What a run would do ({@code gc plan}, and {@code gc run} without {@code --delete}). */
    public GcPlan plan(GcRequest request, Consumer<PlanLine> lines) {
        return collector.plan(request, lines);
    }

    /** When a run of this worker last ended well; 0 before the first. */
    public long lastSuccessMillis() {
        return lastSuccessMillis.get();
    }

    /** What this worker has done so far, by the names of {@link GcReport#counts}. */
    public Map<String, Long> totals() {
        counting.lock();
        try {
            return Map.copyOf(totals);
        } finally {
            counting.unlock();
        }
    }

    /** Stops a run between two steps, and waits for it within a limit. */
    @Override
    public void close() {
        closing.countDown();
        orders.close();
        try {
            if (routine.getState() != Thread.State.NEW && !routine.join(CLOSE_WAIT_MAX)) {
                log.warn("a run did not stop in time; its leases run out by themselves");
                routine.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
