package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.FDBException;
import dev.holdfast.embeddedfdb.engine.CommitRequest;
import dev.holdfast.embeddedfdb.engine.CommitRequest.Committed;
import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import dev.holdfast.embeddedfdb.engine.Engine;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import dev.holdfast.embeddedfdb.engine.Mutation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How a transaction ends and begins again: commit, retry with back-off, time limit, cancellation.
 * The rules and delays are those of the real client (NativeAPI and ReadYourWrites, 7.1.26).
 */
final class TransactionLife {
    private static final double BACKOFF_START_SECONDS = 0.01;
    private static final double BACKOFF_GROWTH = 2;

    /** The real client tells this error of a lost process as a cancellation. */
    private static final int BROKEN_PROMISE = 1100;

    private static final double VERSION_RETRY_SECONDS = 0.01;

    private final TransactionCore core;
    private final long createdNanos = System.nanoTime();
    private CompletableFuture<byte[]> versionstamp = new CompletableFuture<>();
    private long committedVersion = -1;

    /** How often the transaction was emptied to begin anew. */
    private int attempt;

    private double backoffSeconds = BACKOFF_START_SECONDS;
    private int retries;
    private @Nullable Future<?> timeBomb;
    private final List<CompletableFuture<?>> outstanding = new ArrayList<>();

    TransactionLife(TransactionCore core) {
        this.core = core;
        core.onUseDuringCommit(() -> end(FdbError.USED_DURING_COMMIT));
        setTimeBomb();
    }

    // ---- commit --------------------------------------------------------------------------------

    CompletableFuture<Void> commit() {
        core.lock.lock();
        try {
            core.beginCommit();
            CompletableFuture<?> reads = core.underWay.ended();
            if (reads.isDone()) {
                return submit();
            }
            CompletableFuture<Void> answer = new CompletableFuture<>();
            track(answer);
            int begun = attempt;
            var _ = reads.handle((done, failure) -> submitAfterReads(answer, begun));
            return answer;
        } catch (EmbeddedFdbException failure) {
            return refused(failure);
        } finally {
            core.lock.unlock();
        }
    }

    private CompletableFuture<Void> refused(EmbeddedFdbException failure) {
        versionstamp.completeExceptionally(FdbError.TRANSACTION_INVALID_VERSION.exception());
        core.watches.failUncommitted(failure);
        return CompletableFuture.failedFuture(failure);
    }

    /** What reads depended on is only known when all of them have ended. */
    private boolean submitAfterReads(CompletableFuture<Void> answer, int begun) {
        return submitUnlessEnded(begun)
                .handle((done, problem) ->
                        problem == null
                                ? answer.complete(null)
                                : answer.completeExceptionally(problem))
                .isDone();
    }

    /** A transaction that was emptied or ended meanwhile must not commit what it holds by now. */
    private CompletableFuture<Void> submitUnlessEnded(int begun) {
        core.lock.lock();
        try {
            if (attempt != begun) {
                throw FdbError.TRANSACTION_CANCELLED.exception();
            }
            core.requireWhole();
            return submit();
        } catch (EmbeddedFdbException ended) {
            return CompletableFuture.failedFuture(ended);
        } finally {
            core.lock.unlock();
        }
    }

    private CompletableFuture<Void> submit() {
        core.lock.lock();
        try {
            core.underWay.requireSucceeded();
            List<Mutation> mutations = new ArrayList<>(core.writes().mutations());
            mutations.addAll(core.direct().mutations());
            KeyRangeSet written = core.writes().writeConflicts();
            if (mutations.isEmpty() && written.isEmpty()) {
                return committedNothing();
            }
            long bytes = core.commitBytes(mutations);
            if (bytes > core.settings.sizeLimitBytes) {
                throw FdbError.TRANSACTION_TOO_LARGE.exception();
            }
            CompletableFuture<Committed> outcome = new CompletableFuture<>();
            core.engine.commit(
                    new CommitRequest(
                            readVersion(),
                            pairs(core.readConflicts()),
                            !core.settings.causalWriteRisky,
                            pairs(written),
                            mutations,
                            bytes,
                            core.settings.reportConflictingKeys ? core::conflictedOn : null,
                            core.executor,
                            outcome));
            CompletableFuture<Void> answer = new CompletableFuture<>();
            track(answer);
            Begun begun = new Begun(attempt, answer, versionstamp, core.watches.attempt());
            var _ =
                    outcome.whenComplete(
                            (committed, failure) -> decided(committed, failure, begun));
            return answer;
        } catch (EmbeddedFdbException failure) {
            return refused(failure);
        } finally {
            core.lock.unlock();
        }
    }

    private CompletableFuture<Void> committedNothing() {
        committedVersion = -1;
        retries = 0;
        versionstamp.completeExceptionally(FdbError.NO_COMMIT_VERSION.exception());
        core.watches.arm(core.watches.attempt());
        return CompletableFuture.completedFuture(null);
    }

    private long readVersion() {
        long known = core.knownReadVersion();
        return known >= 0 ? known : core.engine.latest().version();
    }

    private static List<byte[]> pairs(KeyRangeSet ranges) {
        List<byte[]> pairs = new ArrayList<>(2 * ranges.size());
        ranges.forEach((begin, end) -> {
            pairs.add(begin);
            pairs.add(end);
        });
        return pairs;
    }

    /** What a commit under way will end; the transaction may begin anew meanwhile. */
    private record Begun(
            int attempt,
            CompletableFuture<Void> answer,
            CompletableFuture<byte[]> stamp,
            PendingWatches.Attempt watches) {}

    private void decided(@Nullable Committed committed, @Nullable Throwable failure, Begun begun) {
        if (committed != null) {
            core.lock.lock();
            try {
                if (attempt == begun.attempt()) {
                    committedVersion = committed.version();
                }
            } finally {
                core.lock.unlock();
            }
            core.watches.arm(begun.watches());
            begun.stamp().complete(committed.versionstamp());
            begun.answer().complete(null);
            return;
        }
        EmbeddedFdbException error =
                failure instanceof EmbeddedFdbException known
                        ? known
                        : FdbError.OPERATION_FAILED.exception(String.valueOf(failure));
        core.watches.failUncommitted(begun.watches(), error);
        begun.stamp().completeExceptionally(FdbError.TRANSACTION_INVALID_VERSION.exception());
        begun.answer().completeExceptionally(error);
    }

    long committedVersion() {
        return core.locked(() -> committedVersion);
    }

    CompletableFuture<byte[]> versionstamp() {
        core.lock.lock();
        try {
            core.requireNotCommitting();
            EmbeddedFdbException broken = core.broken();
            if (broken != null && !versionstamp.isDone()) {
                return CompletableFuture.failedFuture(broken);
            }
            CompletableFuture<byte[]> answer = versionstamp.thenApply(byte[]::clone);
            if (!answer.isDone()) {
                track(answer);
            }
            return answer;
        } catch (EmbeddedFdbException failure) {
            return CompletableFuture.failedFuture(failure);
        } finally {
            core.lock.unlock();
        }
    }

    /** Remembers a future that cancellation or the time limit must end; the lock is held. */
    private void track(CompletableFuture<?> future) {
        outstanding.removeIf(CompletableFuture::isDone);
        outstanding.add(future);
    }

    // ---- retry ---------------------------------------------------------------------------------

    /**
     * Decides whether the work is to be tried again: completes after the back-off with the
     * transaction emptied, or fails with the error.
     */
    CompletableFuture<Void> onError(FDBException error) {
        double delaySeconds;
        core.lock.lock();
        try {
            EmbeddedFdbException broken = core.broken();
            if (broken != null) {
                return CompletableFuture.failedFuture(broken);
            }
            boolean limitReached =
                    core.settings.retryLimit >= 0 && retries >= core.settings.retryLimit;
            retries++;
            int code = error.getCode();
            if (code == BROKEN_PROMISE) {
                core.breakWith(FdbError.TRANSACTION_CANCELLED.exception());
                return CompletableFuture.failedFuture(FdbError.TRANSACTION_CANCELLED.exception());
            }
            if (limitReached || !retriable(code)) {
                core.breakWith(FdbError.TRANSACTION_CANCELLED.exception());
                return CompletableFuture.failedFuture(error);
            }
            delaySeconds = delaySeconds(code);
            reset();
        } finally {
            core.lock.unlock();
        }
        CompletableFuture<Void> ready = new CompletableFuture<>();
        core.lock.lock();
        try {
            track(ready);
        } finally {
            core.lock.unlock();
        }
        try {
            var _ =
                    core.engine
                            .timer()
                            .schedule(
                                    () ->
                                            Engine.dispatch(
                                                    core.executor, () -> ready.complete(null)),
                                    (long) (delaySeconds * 1_000_000),
                                    TimeUnit.MICROSECONDS);
        } catch (RejectedExecutionException closed) {
            ready.completeExceptionally(FdbError.OPERATION_CANCELLED.exception());
        }
        return ready;
    }

    private static boolean retriable(int code) {
        return code != 1039 && EmbeddedFdbException.retryable(code);
    }

    private double delaySeconds(int code) {
        double longest = core.settings.maxRetryDelayMillis / 1_000.0;
        if (code == FdbError.TRANSACTION_TOO_OLD.code() || code == FdbError.FUTURE_VERSION.code()) {
            return Math.min(VERSION_RETRY_SECONDS, longest);
        }
        double delay = backoffSeconds * ThreadLocalRandom.current().nextDouble();
        double ceiling =
                code == FdbError.PROXY_MEMORY_LIMIT_EXCEEDED.code()
                        ? Math.max(30, longest)
                        : longest;
        backoffSeconds = Math.min(backoffSeconds * BACKOFF_GROWTH, ceiling);
        return delay;
    }

    private void reset() {
        core.watches.failUncommitted(FdbError.TRANSACTION_CANCELLED.exception());
        core.resetForRetry();
        attempt++;
        versionstamp.completeExceptionally(FdbError.TRANSACTION_CANCELLED.exception());
        versionstamp = new CompletableFuture<>();
        committedVersion = -1;
        setTimeBomb();
    }

    // ---- end -----------------------------------------------------------------------------------

    void setOption(int code, byte[] parameter) {
        core.setOption(code, parameter);
        if (code == 500) {
            core.lock.lock();
            try {
                setTimeBomb();
            } finally {
                core.lock.unlock();
            }
        }
    }

    private void setTimeBomb() {
        Future<?> old = timeBomb;
        if (old != null) {
            old.cancel(false);
            timeBomb = null;
        }
        long limit = core.settings.timeoutMillis;
        if (limit > 0) {
            long left = TimeUnit.MILLISECONDS.toNanos(limit) - (System.nanoTime() - createdNanos);
            try {
                timeBomb =
                        core.engine
                                .timer()
                                .schedule(
                                        () -> end(FdbError.TRANSACTION_TIMED_OUT),
                                        Math.max(0, left),
                                        TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException closed) {
                core.breakWith(FdbError.OPERATION_CANCELLED.exception());
            }
        }
    }

    void cancel() {
        end(FdbError.TRANSACTION_CANCELLED);
    }

    /** The transaction object is gone: nothing of it may still wait, but for armed watches. */
    void close() {
        Future<?> bomb = timeBomb;
        if (bomb != null) {
            bomb.cancel(false);
        }
        core.watches.failUncommitted(FdbError.TRANSACTION_CANCELLED.exception());
    }

    private void end(FdbError error) {
        core.breakWith(error.exception());
        List<CompletableFuture<?>> waiting;
        core.lock.lock();
        try {
            waiting = List.copyOf(outstanding);
            outstanding.clear();
        } finally {
            core.lock.unlock();
        }
        for (CompletableFuture<?> future : waiting) {
            Runnable fail = () -> future.completeExceptionally(error.exception());
            Engine.dispatch(core.executor, fail);
        }
    }
}
