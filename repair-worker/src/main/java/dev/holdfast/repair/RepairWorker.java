package dev.holdfast.repair;

import dev.holdfast.metadata.LeaseLostException;
import dev.holdfast.metadata.ScrubRows;
import dev.holdfast.metadata.jobs.JobLoop;
import dev.holdfast.metadata.jobs.JobLostException;
import dev.holdfast.metadata.jobs.JobStoppedException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scrubs by itself and on order. Any number of workers on any number of machines share the packs by
 * leases; an order is one worker's. For any number of threads; closing it stops between two steps,
 * and orders go back to the queue.
 */
public final class RepairWorker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RepairWorker.class);
    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(20);
    private static final int LOST_COUNTED_MAX = 10_000;

    private final RepairTools tools;
    private final ScrubMeter meter = new ScrubMeter();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final JobLoop scrubs;
    private final JobLoop rebuilds;
    private final RoutineScrub routine;
    private final Thread thread;

    /**
     * @param holder names this worker's process, and no other's, ever
     * @param foregroundBytes bytes moved for users so far by this process; only grows
     */
    public RepairWorker(RepairTools tools, String holder, LongSupplier foregroundBytes) {
        this.tools = tools;
        Duration poll = Duration.ofMillis(200);
        this.scrubs =
                new JobLoop(
                        tools.store().jobs(),
                        ScrubJob.KIND,
                        holder,
                        poll,
                        tools.clock(),
                        new ScrubJob(tools, meter, holder, foregroundBytes));
        this.rebuilds =
                new JobLoop(
                        tools.store().jobs(),
                        IndexRebuild.KIND,
                        holder,
                        poll,
                        tools.clock(),
                        new IndexRebuild(tools, meter, holder));
        this.routine = new RoutineScrub(tools, meter, holder, foregroundBytes, this::isClosing);
        this.thread = Thread.ofVirtual().name("scrub").unstarted(this::loop);
    }

    /** Begins to take orders, and to scrub by itself. */
    public void start() {
        scrubs.start();
        rebuilds.start();
        thread.start();
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void loop() {
        try {
            while (!closing.await(tools.config().poll().toMillis(), TimeUnit.MILLISECONDS)) {
                sweep();
            }
        } catch (InterruptedException e) {
            log.debug("the scrub was interrupted");
        }
    }

    /** Reads what is due now, as the worker does by itself from time to time. */
    public void sweep() {
        try {
            routine.sweep();
        } catch (JobStoppedException | LeaseLostException | JobLostException e) {
            log.debug("the scrub stops: {}", e.getMessage());
        } catch (RuntimeException e) {
            log.warn("the scrub cannot go on now, and tries again", e);
        }
    }

    /** Takes and runs one order of each kind, if there is one; false when there was none. */
    public boolean runOne() {
        boolean scrubbed = scrubs.runOne();
        return rebuilds.runOne() || scrubbed;
    }

    public ScrubMeter meter() {
        return meter;
    }

    /**
     * How the scrub stands, for the whole cell.
     *
     * @param cycleProgress of the present cycle, by bytes: 0 to 1
     * @param cycleMillis how long the slowest shard's cycle before took; 0 while there is none
     * @param etaMillis until the present cycle ends, at the rate it went so far; 0 when unknown
     * @param oldestAgeMillis since the least recently verified pack was verified
     * @param trouble packs with something unrepaired, per cause
     * @param lostChunks counted up to 10,000
     */
    public record Status(
            double cycleProgress,
            long cycleMillis,
            long etaMillis,
            long oldestAgeMillis,
            Map<String, Long> trouble,
            long lostChunks) {}

    public Status status() {
        ScrubRows rows = tools.repair().scrub();
        long now = tools.clock().millis();
        long done = 0;
        long total = 0;
        long cycle = 0;
        long oldest = now;
        long started = now;
        for (int shard = 0; shard < ScrubRows.SHARDS; shard++) {
            var progress = rows.shard(shard);
            if (progress.isPresent()) {
                done += progress.get().doneBytes();
                total += progress.get().totalBytes();
                cycle = Math.max(cycle, progress.get().lastCycleMillis());
                started = Math.min(started, progress.get().startedAtMillis());
            }
            oldest =
                    Math.min(
                            oldest,
                            rows.oldest(shard)
                                    .map(ScrubRows.ScrubPack::verifiedAtMillis)
                                    .orElse(now));
        }
        double ratio = total == 0 ? 1 : Math.min(1, (double) done / total);
        long eta = done == 0 ? 0 : (long) ((now - started) * (1 - ratio) / Math.max(ratio, 1e-9));
        return new Status(
                ratio,
                cycle,
                eta,
                Math.max(0, now - oldest),
                rows.trouble(),
                tools.repair().rows().lostChunks(LOST_COUNTED_MAX));
    }

    @Override
    public void close() {
        closing.countDown();
        scrubs.close();
        rebuilds.close();
        try {
            if (thread.getState() != Thread.State.NEW && !thread.join(CLOSE_WAIT_MAX)) {
                log.warn("the scrub did not stop in time; its leases run out by themselves");
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
