package dev.holdfast.sync.engine;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/** Runs work beside the control thread. */
public interface Workers {
    /** A piece of work. */
    interface Task<T> {
        T run() throws IOException;
    }

    /**
     * Runs the tasks, at most {@code parallel} at a time, and hands each result to the consumer on
     * the calling thread. Returns when all have ended. When one throws, no further one is started,
     * and the exception is thrown after those that run have ended.
     */
    <T> void run(List<? extends Task<T>> tasks, int parallel, Consumer<T> results)
            throws IOException;
}
