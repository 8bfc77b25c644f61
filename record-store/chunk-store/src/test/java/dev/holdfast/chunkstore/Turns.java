package dev.holdfast.chunkstore;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** An actor that stops before each of its steps until it is told to go on. */
final class Turns implements Consumer<String> {
    private static final long WAIT_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);

    private int parked;
    private int permits;
    private boolean finished;
    private boolean free;

    /**
     * All orders of two actors' steps: where those of the one come, each as the number of the
     * other's step that it comes before.
     */
    static List<List<Integer>> orders(int steps, int others) {
        List<List<Integer>> orders = new ArrayList<>();
        extend(new ArrayList<>(), steps, 0, others, orders);
        return orders;
    }

    private static void extend(
            List<Integer> begun, int steps, int from, int to, List<List<Integer>> orders) {
        if (begun.size() == steps) {
            orders.add(List.copyOf(begun));
            return;
        }
        for (int at = from; at <= to; at++) {
            begun.addLast(at);
            extend(begun, steps, at, to, orders);
            begun.removeLast();
        }
    }

    /** Starts the actor and waits until it stands before its first step, or has ended. */
    void start(Runnable actor) {
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        actor.run();
                    } finally {
                        synchronized (this) {
                            finished = true;
                            notifyAll();
                        }
                    }
                });
        settle();
    }

    @Override
    public synchronized void accept(String step) {
        if (free) {
            return;
        }
        parked++;
        notifyAll();
        while (permits == 0 && !free) {
            await();
        }
        permits = Math.max(0, permits - 1);
        parked--;
    }

    /** One step; false when there was none left. */
    synchronized boolean go() {
        if (finished) {
            return false;
        }
        permits = 1;
        notifyAll();
        while (permits > 0) {
            await();
        }
        settle();
        return true;
    }

    /** All steps that are left. */
    void finish() {
        synchronized (this) {
            free = true;
            notifyAll();
            while (!finished) {
                await();
            }
        }
    }

    private synchronized void settle() {
        while (parked == 0 && !finished) {
            await();
        }
    }

    private void await() {
        long start = System.nanoTime();
        try {
            TimeUnit.NANOSECONDS.timedWait(this, WAIT_NANOS_MAX);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
        if (System.nanoTime() - start >= WAIT_NANOS_MAX) {
            throw new AssertionError("an actor does not get on");
        }
    }
}
