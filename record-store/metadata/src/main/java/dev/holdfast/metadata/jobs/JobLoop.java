package dev.holdfast.metadata.jobs;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes jobs of one kind, one after the other, and runs them. Jobs of a worker that died are taken
 * over when their lease has run out. An error of the store costs a look, never the loop.
 */
public final class JobLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(JobLoop.class);

    /** How long a job of a dead worker waits for another one. */
    public static final Duration LEASE_LIFE = Duration.ofSeconds(30);

    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(20);

    private final BackgroundJobs jobs;
    private final String kind;
    private final String holder;
    private final Duration poll;
    private final InstantSource clock;
    private final JobBody body;
    private final Duration life;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    /**
     * @param holder names this worker's process, and no other's, ever
     * @param poll between two looks for a job while there is none
     */
    public JobLoop(
            BackgroundJobs jobs,
            String kind,
            String holder,
            Duration poll,
            InstantSource clock,
            JobBody body) {
        this(jobs, kind, holder, poll, clock, body, LEASE_LIFE);
    }

    /**
     * The same with another life of leases.
     *
     * @param life several times the heartbeat of a job, which is 2 seconds
     */
    public JobLoop(
            BackgroundJobs jobs,
            String kind,
            String holder,
            Duration poll,
            InstantSource clock,
            JobBody body,
            Duration life) {
        this.life = life;
        this.jobs = jobs;
        this.kind = kind;
        this.holder = holder;
        this.poll = poll;
        this.clock = clock;
        this.body = body;
        this.thread = Thread.ofVirtual().name("jobs-" + kind).unstarted(this::loop);
    }

    public void start() {
        thread.start();
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void loop() {
        try {
            while (!isClosing()) {
                boolean worked = false;
                try {
                    worked = runOne();
                } catch (RuntimeException e) {
                    log.warn("jobs of kind {} cannot be taken now", kind, e);
                }
                if (!worked && closing.await(poll.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            log.debug("the loop of kind {} was interrupted", kind);
        }
    }

    /** Takes and runs one job; false when none waits. */
    public boolean runOne() {
        Optional<BackgroundJobs.Taken> taken = jobs.take(kind, holder, life);
        taken.ifPresent(job -> run(new JobRun(jobs, job, life, clock, this::isClosing), body));
        return taken.isPresent();
    }

    /** Runs a job to its end, whatever that is, and records it. */
    public static void run(JobRun run, JobBody body) {
        BackgroundJobs.State state = BackgroundJobs.State.FAILED;
        @Nullable String problem = null;
        @Nullable String result = null;
        try {
            try {
                result = body.run(run);
                state = BackgroundJobs.State.DONE;
            } catch (JobStoppedException e) {
                // The flag would end the transaction that gives the job back.
                Thread.interrupted();
                run.stop(e.why());
                return;
            } catch (JobLostException e) {
                throw e;
            } catch (Exception e) {
                log.error("job {} failed", run.id(), e);
                problem = e.getMessage() == null ? e.toString() : e.getMessage();
            }
            run.end(state, problem, result);
        } catch (JobLostException e) {
            log.warn("{}", e.getMessage());
        } catch (RuntimeException e) {
            log.warn("the end of job {} could not be recorded; it is taken again", run.id(), e);
        }
    }

    /** Stops the job between two steps, which goes back to the queue, and waits within a limit. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (thread.getState() != Thread.State.NEW && !thread.join(CLOSE_WAIT_MAX)) {
                log.warn("a job of kind {} did not stop in time; another worker takes it", kind);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
