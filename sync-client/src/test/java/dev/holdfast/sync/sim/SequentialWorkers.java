package dev.holdfast.sync.sim;

import dev.holdfast.sync.engine.Workers;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/** One task after the other, so that a seed gives one run. */
final class SequentialWorkers implements Workers {
    @Override
    public <T> void run(List<? extends Task<T>> tasks, int parallel, Consumer<T> results)
            throws IOException {
        for (Task<T> task : tasks) {
            results.accept(task.run());
        }
    }
}
