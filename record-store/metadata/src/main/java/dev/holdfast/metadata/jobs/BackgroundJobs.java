package dev.holdfast.metadata.jobs;

import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of a cell. Every call is one transaction, atomic, and may be repeated. Calls with a
 * {@link JobLease} throw {@link JobLostException} without effect when the job is not that holder's
 * any more.
 */
public interface BackgroundJobs {
    /** Jobs that may be open at a time; one more is refused. */
    int OPEN_MAX = 200;

    /** Ended jobs that are remembered; beyond it the oldest are forgotten with their findings. */
    int KEPT_MAX = 200;

    /** Findings kept of one job; it counts those beyond. */
    long FINDINGS_MAX = 100_000;

    /** Findings one call saves. */
    int FINDINGS_PER_CALL_MAX = 200;

    /** UTF-8 bytes of one finding. */
    int FINDING_BYTES_MAX = 4_096;

    /** Characters of a request, a cursor and a result, each. */
    int TEXT_MAX = 16_384;

    /** Where a job is. */
    enum State {
        /** It waits for a worker. */
        QUEUED,
        /** A worker has it, or had it and died: then another takes it when the lease ran out. */
        RUNNING,
        /** It waits for somebody to resume it. */
        PAUSED,
        DONE,
        /** It stopped at an error or a guard; the problem says which, and what to do. */
        FAILED,
        CANCELLED;

        /** Nothing changes it any more. */
        public boolean ended() {
            return this == DONE || this == FAILED || this == CANCELLED;
        }
    }

    /** What somebody wants of a job. */
    enum Wish {
        GO_ON,
        PAUSE,
        CANCEL
    }

    /** A job with the right to work on it. */
    record Taken(JobLease lease, JobView job) {}

    /** One thing a job found; the text is a JSON object, numbers count from 1. */
    record Finding(long number, String text) {}

    /**
     * Queues a job for whatever worker takes jobs of the kind.
     *
     * @param request what is asked, a JSON object
     * @return refused when too many jobs are open
     */
    Answer<Id128> submit(String kind, String request);

    /** Records work that its worker begins by itself; it holds the job at once. */
    Taken begin(String kind, String request, String holder, Duration life);

    /** Takes the oldest job of the kind that waits, or whose holder's lease ran out. */
    Optional<Taken> take(String kind, String holder, Duration life);

    /**
     * Says that the holder is alive and how far it is; prolongs the lease.
     *
     * @param findings new ones since the last report, at most {@link #FINDINGS_PER_CALL_MAX}
     * @param firstFinding number of the first of them, so that a repeated call adds nothing twice
     */
    Wish report(
            JobLease lease,
            Duration life,
            JobProgress progress,
            long firstFinding,
            List<String> findings);

    /** Gives the job back, paused: whoever takes it after it was resumed goes on at the cursor. */
    void pause(JobLease lease, JobProgress progress);

    /** Gives the job back to the queue: its worker ends before the job does. */
    void handBack(JobLease lease, JobProgress progress);

    /**
     * Ends a job.
     *
     * @param state one of those that have ended
     * @param problem why it stopped, where it failed
     * @param result what came out, a JSON object
     */
    void end(
            JobLease lease,
            State state,
            JobProgress progress,
            @Nullable String problem,
            @Nullable String result);

    /**
     * Pauses, resumes or cancels. A job that nobody works on changes at once, another one when its
     * worker next looks. A job that has ended stays as it is.
     *
     * @return the job as it is then; empty when there is none
     */
    Optional<JobView> wish(Id128 job, Wish wish);

    Optional<JobView> get(Id128 job);

    /** Jobs that are remembered, newest first; of one kind where one is given. */
    List<JobView> list(@Nullable String kind, int limit);

    /** Findings of a job behind a number, in order. */
    List<Finding> findings(Id128 job, long after, int limit);
}
