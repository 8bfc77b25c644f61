package dev.holdfast.sync.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/** Counts of what was done in this run; read by whoever shows them. */
public final class Progress {
    private final AtomicInteger filesUp = new AtomicInteger();
    private final AtomicInteger filesDown = new AtomicInteger();
    private final AtomicLong bytesUp = new AtomicLong();
    private final AtomicLong bytesDown = new AtomicLong();
    private final AtomicInteger planned = new AtomicInteger();
    private final BiConsumer<String, String> journal;
    private volatile String doing = "starting";

    /** Counts only. */
    public Progress() {
        this((what, about) -> {});
    }

    /**
     * Counts, and tells what happened.
     *
     * @param journal takes in a word what happened, and to what; called from several threads
     */
    public Progress(BiConsumer<String, String> journal) {
        this.journal = journal;
    }

    /** A moment of it. */
    public record Snapshot(
            String doing, int planned, int filesUp, int filesDown, long bytesUp, long bytesDown) {}

    public void doing(String what, int actions) {
        doing = what;
        planned.set(actions);
    }

    void happened(String what, String about) {
        journal.accept(what, about);
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
