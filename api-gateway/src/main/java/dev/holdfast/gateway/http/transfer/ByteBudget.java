package dev.holdfast.gateway.http.transfer;

import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.model.ProblemCode;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Memory that all bodies in transfer share; who finds none left waits a while, then is refused. */
public final class ByteBudget {
    private static final int UNIT_BYTES = 1 << 10;

    private final Semaphore units;
    private final int unitsMax;
    private final Duration waitMax;

    public ByteBudget(long bytes, Duration waitMax) {
        this.unitsMax = Math.toIntExact(bytes / UNIT_BYTES);
        this.units = new Semaphore(unitsMax, true);
        this.waitMax = waitMax;
    }

    /** A part of the budget, given back by closing it. */
    public final class Share implements AutoCloseable {
        private final int taken;

        private Share(int taken) {
            this.taken = taken;
        }

        @Override
        public void close() {
            units.release(taken);
        }
    }

    /** Takes so many bytes, never more than there are in all. */
    public Share take(long bytes) throws InterruptedException {
        int wanted = Math.clamp(bytes / UNIT_BYTES + 1, 1, unitsMax);
        if (!units.tryAcquire(wanted, waitMax.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new ProblemException(
                    ProblemCode.UNAVAILABLE, "too many transfers at once; try again shortly");
        }
        return new Share(wanted);
    }
}
