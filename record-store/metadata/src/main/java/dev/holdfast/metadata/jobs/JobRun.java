package dev.holdfast.metadata.jobs;

import dev.holdfast.model.Id128;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A job in the hands of its worker. What is added here is saved with the next heartbeat, all of it
 * in one transaction, so that whoever takes over finds findings and counts that belong to the
 * cursor. For one thread.
 */
public final class JobRun {
    /** Half of a lease passes at most between two heartbeats of work that calls goOn. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(2);

    private final BackgroundJobs jobs;
    private final JobLease lease;
    private final JobView job;
    private final Duration life;
    private final InstantSource clock;
    private final BooleanSupplier closing;
    private final Map<String, Long> counts;
    private final List<String> unsaved = new ArrayList<>();
    private String cursor;
    private long itemsDone;
    private long itemsTotal;
    private long bytesDone;
    private long bytesTotal;
    private long savedFindings;
    private long beatAtMillis;

    // Since when the pace is taken, and what was done then: another worker's hours do not count.
    private long paceFromMillis;
    private long paceFromItems;
    private long paceFromBytes;

    /** When what it waits for is over, where time alone decides that; else 0. */
    private long untilMillis;

    /**
     * @param closing true once the worker ends
     */
    public JobRun(
            BackgroundJobs jobs,
            BackgroundJobs.Taken taken,
            Duration life,
            InstantSource clock,
            BooleanSupplier closing) {
        this.jobs = jobs;
        this.lease = taken.lease();
        this.job = taken.job();
        this.life = life;
        this.clock = clock;
        this.closing = closing;
        JobProgress progress = job.progress();
        this.counts = new TreeMap<>(progress.counts());
        this.cursor = progress.cursor();
        this.itemsDone = progress.itemsDone();
        this.itemsTotal = progress.itemsTotal();
        this.bytesDone = progress.bytesDone();
        this.bytesTotal = progress.bytesTotal();
        this.savedFindings = job.findings();
        this.beatAtMillis = job.heartbeatAtMillis();
        takePaceFromHere();
    }

    private void takePaceFromHere() {
        paceFromMillis = clock.millis();
        paceFromItems = itemsDone;
        paceFromBytes = bytesDone;
    }

    public Id128 id() {
        return job.id();
    }

    /** What was asked, a JSON object. */
    public String request() {
        return job.request();
    }

    /** Where to go on; empty at the beginning. */
    public String cursor() {
        return cursor;
    }

    /** Says up to where everything is done and found. */
    public void cursor(String done) {
        if (done.length() > BackgroundJobs.TEXT_MAX) {
            throw new IllegalArgumentException("a cursor is a short text");
        }
        cursor = done;
    }

    /**
     * Begins a phase: the cursor is its name, and what there is to do, and how long it takes, is
     * counted anew.
     */
    public void phase(String name) {
        cursor(name);
        itemsDone = 0;
        itemsTotal = 0;
        bytesDone = 0;
        bytesTotal = 0;
        untilMillis = 0;
        takePaceFromHere();
    }

    /** Says when the phase is over, of one that only waits. */
    public void until(long millis) {
        untilMillis = millis;
    }

    public void add(String count, long value) {
        counts.merge(count, value, Long::sum);
    }

    public long count(String name) {
        return counts.getOrDefault(name, 0L);
    }

    public Map<String, Long> counts() {
        return Map.copyOf(counts);
    }

    /** What there is to do in all, as far as that is known; 0 where it is not. */
    public void total(long items, long bytes) {
        itemsTotal = items;
        bytesTotal = bytes;
    }

    public long itemsDone() {
        return itemsDone;
    }

    public long bytesDone() {
        return bytesDone;
    }

    public void done(long items, long bytes) {
        itemsDone += items;
        bytesDone += bytes;
    }

    /**
     * Keeps a finding, a JSON object of one line.
     *
     * @throws JobLostException when it had to save, and the job is another worker's
     */
    public void find(String finding) {
        if (finding.getBytes(StandardCharsets.UTF_8).length > BackgroundJobs.FINDING_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a finding has at most " + BackgroundJobs.FINDING_BYTES_MAX + " bytes");
        }
        unsaved.add(finding);
        if (unsaved.size() >= BackgroundJobs.FINDINGS_PER_CALL_MAX) {
            save();
        }
    }

    /** How many there are, unsaved ones included. */
    public long findings() {
        return savedFindings + unsaved.size();
    }

    /**
     * To be called between any two steps, with the cursor behind what is done.
     *
     * @throws JobStoppedException when the job has to stop here
     * @throws JobLostException when another worker has it
     */
    public void goOn() {
        if (closing.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
        }
        if (clock.millis() - beatAtMillis >= HEARTBEAT.toMillis()) {
            obey(save());
        }
    }

    /** Saves now; as {@link #goOn} otherwise. */
    public void checkpoint() {
        obey(save());
    }

    private static void obey(BackgroundJobs.Wish wish) {
        switch (wish) {
            case GO_ON -> {}
            case PAUSE -> throw new JobStoppedException(JobStoppedException.Why.PAUSED);
            case CANCEL -> throw new JobStoppedException(JobStoppedException.Why.CANCELLED);
        }
    }

    private BackgroundJobs.Wish save() {
        // From before it: that the answer took long must not make the next one late.
        long asked = clock.millis();
        BackgroundJobs.Wish wish =
                jobs.report(lease, life, progress(), savedFindings + 1, List.copyOf(unsaved));
        savedFindings += unsaved.size();
        unsaved.clear();
        beatAtMillis = asked;
        return wish;
    }

    private JobProgress progress() {
        return new JobProgress(
                cursor, counts, itemsDone, itemsTotal, bytesDone, bytesTotal, remainingMillis());
    }

    private long remainingMillis() {
        long now = clock.millis();
        if (untilMillis > 0) {
            return Math.max(0, untilMillis - now);
        }
        boolean byBytes = bytesTotal > 0;
        long total = byBytes ? bytesTotal : itemsTotal;
        long done = byBytes ? bytesDone : itemsDone;
        long paced = done - (byBytes ? paceFromBytes : paceFromItems);
        if (total <= 0 || paced <= 0 || now <= paceFromMillis) {
            return JobProgress.UNKNOWN;
        }
        double each = (double) (now - paceFromMillis) / paced;
        return (long) (each * Math.max(0, total - done));
    }

    /** Saves what is left and ends the job. */
    public void end(BackgroundJobs.State state, @Nullable String problem, @Nullable String result) {
        save();
        jobs.end(lease, state, progress(), problem, result);
    }

    /** Gives the job back as a stop wants it. */
    public void stop(JobStoppedException.Why why) {
        save();
        switch (why) {
            case PAUSED -> jobs.pause(lease, progress());
            case CANCELLED ->
                    jobs.end(lease, BackgroundJobs.State.CANCELLED, progress(), null, null);
            case WORKER_ENDS -> jobs.handBack(lease, progress());
        }
    }
}
