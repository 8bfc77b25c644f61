package dev.holdfast.chunkstore;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A bound on bytes held, in KiB steps so that any configured amount fits a semaphore. */
final class ByteBudget {
    private static final int STEP = 1 << 10;

    private final int total;
    private final Semaphore free;

    ByteBudget(long bytes) {
        this.total = (int) Math.min(Integer.MAX_VALUE, Math.max(1, bytes / STEP));
        // Fair: a large chunk is not passed by small ones for ever.
        this.free = new Semaphore(total, true);
    }

    /** False when that much did not come free in time. */
    boolean acquire(long bytes, Duration waitMax) throws InterruptedException {
        return free.tryAcquire(steps(bytes), waitMax.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** False when that much is not free now. */
    boolean tryAcquire(long bytes) {
        return free.tryAcquire(steps(bytes));
    }

    void release(long bytes) {
        free.release(steps(bytes));
    }

    long heldBytes() {
        return (long) (total - free.availablePermits()) * STEP;
    }

    private int steps(long bytes) {
        return (int) Math.min(total, Math.max(1, (bytes + STEP - 1) / STEP));
    }
}
