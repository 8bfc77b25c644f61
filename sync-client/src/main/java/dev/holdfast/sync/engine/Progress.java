package dev.holdfast.sync.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts of what was done in this run; read by whoever shows them. */
public final class Progress {
    private final AtomicInteger filesUp = new AtomicInteger();
    private final AtomicInteger filesDown = new AtomicInteger();
    private final AtomicLong bytesUp = new AtomicLong();
    private final AtomicLong bytesDown = new AtomicLong();
    private final AtomicInteger planned = new AtomicInteger();
    private volatile String doing = "starting";

    /** A moment of it. */
    public record Snapshot(
            String doing, int planned, int filesUp, int filesDown, long bytesUp, long bytesDown) {}

    public void doing(String what, int actions) {
        doing = what;
        planned.set(actions);
    }

    void fileUp() {
        filesUp.incrementAndGet();
    }

    void fileDown() {
        filesDown.incrementAndGet();
    }

    void bytesUp(long bytes) {
        bytesUp.addAndGet(bytes);
    }

    void bytesDown(long bytes) {
        bytesDown.addAndGet(bytes);
    }

    public Snapshot snapshot() {
        return new Snapshot(
                doing,
                planned.get(),
                filesUp.get(),
                filesDown.get(),
                bytesUp.get(),
                bytesDown.get());
    }
}
