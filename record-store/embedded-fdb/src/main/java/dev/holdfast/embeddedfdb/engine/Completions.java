package dev.holdfast.embeddedfdb.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Completes callers' futures away from the commit thread. The hand-over goes through an executor of
 * the engine first, because a caller's executor may run its tasks in the calling thread, and what
 * hangs on a future may block.
 */
final class Completions {
    private final Executor handOver;

    Completions(Executor handOver) {
        this.handOver = handOver;
    }

    <T> void complete(Executor executor, CompletableFuture<T> future, @Nullable T value) {
        run(executor, () -> future.complete(value));
    }

    void fail(Executor executor, CompletableFuture<?> future, EmbeddedFdbException failure) {
        run(executor, () -> future.completeExceptionally(failure));
    }

    /** Runs a batch of hand-overs in order with one switch of threads. */
    void batch(Iterable<Runnable> tasks) {
        handOver(() -> {
            for (Runnable task : tasks) {
                task.run();
            }
        });
    }

    /** Runs in the caller's executor, or here when that one no longer takes work. */
    static void dispatch(Executor executor, Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException refused) {
            task.run();
        }
    }

    private void run(Executor executor, Runnable task) {
        handOver(() -> dispatch(executor, task));
    }

    private void handOver(Runnable task) {
        try {
            handOver.execute(task);
        } catch (RejectedExecutionException closed) {
            task.run();
        }
    }
}
