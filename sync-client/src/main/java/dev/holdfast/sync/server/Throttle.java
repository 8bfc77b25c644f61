package dev.holdfast.sync.server;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Keeps what goes one way below a number of bytes a second, over all connections together. The
 * limit may be changed at any time; whoever waits goes on under the new one.
 */
public final class Throttle {
    /** Lower than this, bodies would take so long that the server gives them up. */
    public static final long BYTES_PER_SECOND_MIN = 16 << 10;

    private static final long NANOS = 1_000_000_000L;
    private static final long STEPS_PER_SECOND = 20;
    private static final long LOOK_AGAIN_NANOS = NANOS / 10;

    private final LongSupplier nanoTime;
    private final LongConsumer pause;
    private long bytesPerSecond;
    private long paidUntil;
    private boolean paused;

    /**
     * A throttle without a limit.
     *
     * @param pause waits for so many nanoseconds at most
     */
    public Throttle(LongSupplier nanoTime, LongConsumer pause) {
        this.nanoTime = nanoTime;
        this.pause = pause;
        this.paidUntil = nanoTime.getAsLong();
    }

    /** On the system's clock. */
    public static Throttle system() {
        return new Throttle(System::nanoTime, LockSupport::parkNanos);
    }

    /** Sets the limit; 0 for none. */
    public synchronized void limit(long bytes) {
        if (bytes != 0 && bytes < BYTES_PER_SECOND_MIN) {
            throw new IllegalArgumentException("the limit is lower than the lowest one");
        }
        if (bytes != bytesPerSecond) {
            bytesPerSecond = bytes;
            paidUntil = nanoTime.getAsLong();
        }
    }

    /** The limit; 0 for none. */
    public synchronized long limit() {
        return bytesPerSecond;
    }

    /** While it is paused nothing goes through: whoever wants to is told so and gives up. */
    public synchronized void pause(boolean now) {
        paused = now;
    }

    /** Throws while it is paused. */
    synchronized void check() throws PausedException {
        if (paused) {
            throw new PausedException();
        }
    }

    /** How much of it may go at once, so that the whole goes evenly. */
    int step(int wanted) {
        long limit = limit();
        return limit == 0 ? wanted : (int) Math.min(wanted, limit / STEPS_PER_SECOND);
    }

    /** Waits until the bytes that went before are paid for, and puts these on the bill. */
    void take(int bytes) throws IOException {
        while (true) {
            long left;
            synchronized (this) {
                check();
                long now = nanoTime.getAsLong();
                left = bytesPerSecond == 0 ? 0 : paidUntil - now;
                if (left <= 0) {
                    if (bytesPerSecond > 0) {
                        paidUntil = Math.max(paidUntil, now - LOOK_AGAIN_NANOS);
                        paidUntil += bytes * NANOS / bytesPerSecond;
                    }
                    return;
                }
            }
            pause.accept(Math.min(left, LOOK_AGAIN_NANOS));
            if (Thread.currentThread().isInterrupted()) {
                throw new IOException("interrupted");
            }
        }
    }

    /** The same bytes, at the throttle's pace. */
    InputStream slow(InputStream in) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                take(1);
                return in.read();
            }

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                int step = Math.max(1, step(length));
                take(step);
                return in.read(into, from, Math.min(length, step));
            }

            @Override
            public void close() throws IOException {
                in.close();
            }
        };
    }
}
