package dev.holdfast.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Calls of several callers at once for a while, each caller one after the other. */
final class Callers {
    private Callers() {}

    /**
     * What came of it.
     *
     * @param done calls
     */
    record Rate(int done, double perSecond) {}

    /**
     * Runs for the time, or until each caller made its turns.
     *
     * @param turnsMax of each caller
     */
    static Rate run(int callers, int turnsMax, long nanos, MetadataLoad.Calls calls)
            throws Exception {
        AtomicInteger done = new AtomicInteger();
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                int caller = i;
                running.add(
                        threads.submit(() -> {
                            for (int turn = 0;
                                    turn < turnsMax && System.nanoTime() - start < nanos;
                                    turn++) {
                                calls.call(caller, turn);
                                done.incrementAndGet();
                            }
                        }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        }
        return new Rate(done.get(), done.get() * 1e9 / (System.nanoTime() - start));
    }
}
