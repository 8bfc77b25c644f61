package dev.holdfast.gateway.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends connections on which nothing moves. A thread that is about to wait for its client arms its
 * watch with a limit and disarms it when the client has done its part; whoever is over the limit is
 * interrupted, which closes the socket it waits on. Interrupts happen only while the watch is
 * armed, so a thread is never interrupted in the middle of anything else.
 */
final class StallGuard implements AutoCloseable {
    private static final Duration SWEEP_PERIOD = Duration.ofMillis(250);

    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
    private final Thread sweeper;
    private volatile boolean stopping;
    private volatile boolean closed;

    StallGuard() {
        sweeper = Thread.ofPlatform().name("stall-guard").daemon().start(this::sweep);
    }

    /** A watch over the current thread; to be closed by the same thread. */
    Watch watch() {
        return watch(() -> {});
    }

    /** As {@link #watch()}, and says when the thread was given up; the watch is over then. */
    Watch watch(Runnable givenUp) {
        Watch watch = new Watch(Thread.currentThread(), givenUp);
        watches.add(watch);
        return watch;
    }

    /** One thread's watch. */
    final class Watch implements AutoCloseable {
        private final Thread thread;
        private final Runnable givenUp;
        private boolean armed;
        private boolean fired;
        private long deadline;

        private Watch(Thread thread, Runnable givenUp) {
            this.thread = thread;
            this.givenUp = givenUp;
        }

        synchronized void arm(Duration limit) {
            deadline = System.nanoTime() + limit.toNanos();
            armed = true;
        }

        /**
         * The client did its part, or was given up: true then. What the thread waited on may have
         * ended as if it were done.
         */
        synchronized boolean disarm() {
            armed = false;
            boolean over = fired;
            if (fired) {
                fired = false;
                // The interrupt was for what is over now.
                Thread.interrupted();
            }
            return over;
        }

        /** From here on threads may be interrupted that nobody watches. */
        boolean isStopping() {
            return stopping;
        }

        private synchronized void check(long now) {
            if (armed && !fired && now - deadline > 0) {
                fired = true;
                thread.interrupt();
                watches.remove(this);
                givenUp.run();
            }
        }

        @Override
        public void close() {
            disarm();
            watches.remove(this);
        }
    }

    /** The server is about to stop, and ends with interrupting what is left. */
    void stopping() {
        stopping = true;
    }

    private void sweep() {
        while (!closed) {
            LockSupport.parkNanos(SWEEP_PERIOD.toNanos());
            long now = System.nanoTime();
            watches.forEach(watch -> watch.check(now));
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(sweeper);
    }
}
