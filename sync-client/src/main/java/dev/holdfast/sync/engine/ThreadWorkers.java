package dev.holdfast.sync.engine;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Workers on virtual threads, one a task. */
public final class ThreadWorkers implements Workers {
    private record Outcome<T>(@Nullable T result, @Nullable Throwable failure) {}

    @Override
    public <T> void run(List<? extends Task<T>> tasks, int parallel, Consumer<T> results)
            throws IOException {
        BlockingQueue<Outcome<T>> done = new LinkedBlockingQueue<>();
        int started = 0;
        int ended = 0;
        Throwable failure = null;
        while (ended < started || (failure == null && started < tasks.size())) {
            if (failure == null && started < tasks.size() && started - ended < parallel) {
                start(tasks.get(started), done);
                started++;
                continue;
            }
            Outcome<T> outcome = take(done);
            ended++;
            if (outcome.failure != null) {
                failure = failure == null ? outcome.failure : failure;
            } else if (outcome.result != null) {
                results.accept(outcome.result);
            }
        }
        if (failure instanceof IOException io) {
            throw io;
        }
        if (failure instanceof RuntimeException broken) {
            throw broken;
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }

    private static <T> void start(Task<T> task, BlockingQueue<Outcome<T>> done) {
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        done.add(new Outcome<>(task.run(), null));
                    } catch (Throwable e) {
                        done.add(new Outcome<>(null, e));
                    }
                });
    }

    private static <T> Outcome<T> take(BlockingQueue<Outcome<T>> done) throws IOException {
        try {
            return done.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
