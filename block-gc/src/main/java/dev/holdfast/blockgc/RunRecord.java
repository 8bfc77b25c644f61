package dev.holdfast.blockgc;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobStoppedException;
import dev.holdfast.model.Id128;
import dev.holdfast.model.wire.WireJson;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all pieces of a run share: its job and whether it should go on. For any number of threads.
 *
 * <p>A routine run gets its job with the first thing it does, so that idle workers leave none; an
 * ordered one has it from the beginning.
 */
final class RunRecord {
    private final Supplier<JobRun> begin;
    private final BooleanSupplier closing;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable JobRun job;

    // What a job that begins in the midst of a phase has to be told of it.
    private String phase = "";
    private long itemsLeft;
    private long bytesLeft;
    private long untilMillis;

    private volatile boolean failed;

    /**
     * @param job null for a routine run
     * @param begin makes the job of a routine run
     */
    RunRecord(@Nullable JobRun job, Supplier<JobRun> begin, BooleanSupplier closing) {
        this.job = job;
        this.begin = begin;
        this.closing = closing;
    }

    private JobRun begun() {
        JobRun known = job;
        if (known == null) {
            known = begin.get();
            known.phase(phase);
            known.total(itemsLeft, bytesLeft);
            known.until(untilMillis);
            job = known;
        }
        return known;
    }

    private <T> T locked(Supplier<T> body) {
        lock.lock();
        try {
            return body.get();
        } finally {
            lock.unlock();
        }
    }

    /** The run's id, recorded by now. */
    Id128 id() {
        return locked(() -> begun().id());
    }

    Optional<Id128> recorded() {
        return locked(() -> Optional.ofNullable(job).map(JobRun::id));
    }

    Map<String, Long> counts() {
        return locked(() -> job == null ? Map.of() : job.counts());
    }

    long count(String name) {
        return locked(() -> job == null ? 0L : job.count(name));
    }

    void add(String name, long value) {
        if (value != 0) {
            lock.lock();
            try {
                begun().add(name, value);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Says how many things, or how many bytes of them, are still to be done in this phase. */
    void left(long items, long bytes) {
        lock.lock();
        try {
            itemsLeft = items;
            bytesLeft = bytes;
            if (job != null) {
                job.total(total(job.itemsDone(), items), total(job.bytesDone(), bytes));
            }
        } finally {
            lock.unlock();
        }
    }

    private static long total(long done, long left) {
        return left == 0 ? 0 : done + left;
    }

    /** Says how many were. */
    void done(long items, long bytes) {
        lock.lock();
        try {
            if (job != null) {
                job.done(items, bytes);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Says when this phase, which only waits, is over at the latest. */
    void until(long millis) {
        lock.lock();
        try {
            untilMillis = millis;
            if (job != null) {
                job.until(millis);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Keeps a trace of what was done, with the job. */
    void trace(Object what) {
        lock.lock();
        try {
            begun().find(WireJson.mapper().writeValueAsString(what));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a trace cannot be written as JSON", e);
        } finally {
            lock.unlock();
        }
    }

    /** Says what the run does from here on. */
    void phase(String name) {
        lock.lock();
        try {
            phase = name;
            itemsLeft = 0;
            bytesLeft = 0;
            untilMillis = 0;
            if (job != null) {
                job.phase(name);
                job.goOn();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has the other pieces end, for one of them failed. */
    void fail() {
        failed = true;
    }

    void goOn() {
        if (failed || closing.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
        }
        lock.lock();
        try {
            if (job != null) {
                job.goOn();
            }
        } finally {
            lock.unlock();
        }
    }

    void stop(JobStoppedException.Why why) {
        lock.lock();
        try {
            if (job != null) {
                job.stop(why);
            }
        } finally {
            lock.unlock();
        }
    }

    void finish(BackgroundJobs.State state, @Nullable String problem) {
        lock.lock();
        try {
            if (job != null || problem != null) {
                begun().end(state, problem, null);
            }
        } finally {
            lock.unlock();
        }
    }
}
