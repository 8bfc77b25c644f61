package dev.holdfast.sync.cli;

import dev.holdfast.sync.engine.Progress;

/** One line a second on stderr for whatever takes longer than that. */
final class ProgressLine implements AutoCloseable {
    private static final long PERIOD_MILLIS = 1_000;

    private final Progress progress;
    private final Object monitor = new Object();
    private final Thread thread;
    private boolean closed;

    ProgressLine(Progress progress) {
        this.progress = progress;
        this.thread = Thread.ofVirtual().name("progress").start(this::show);
    }

    private void show() {
        Progress.Snapshot last = progress.snapshot();
        while (pause()) {
            Progress.Snapshot now = progress.snapshot();
            if (!now.equals(last) && !now.doing().equals("up to date")) {
                Output.say(text(now));
            }
            last = now;
        }
    }

    static String text(Progress.Snapshot now) {
        StringBuilder text = new StringBuilder(now.doing());
        if (now.planned() > 0) {
            text.append(": ").append(now.planned()).append(" to do");
        }
        if (now.filesUp() > 0 || now.bytesUp() > 0) {
            text.append(", sent ").append(now.filesUp()).append(" files, ");
            text.append(Output.bytes(now.bytesUp()));
        }
        if (now.filesDown() > 0 || now.bytesDown() > 0) {
            text.append(", fetched ").append(now.filesDown()).append(" files, ");
            text.append(Output.bytes(now.bytesDown()));
        }
        return text.toString();
    }

    private boolean pause() {
        synchronized (monitor) {
            long until = System.nanoTime() + PERIOD_MILLIS * 1_000_000;
            try {
                long left = until - System.nanoTime();
                while (!closed && left > 0) {
                    monitor.wait(left / 1_000_000 + 1);
                    left = until - System.nanoTime();
                }
            } catch (InterruptedException e) {
                closed = true;
            }
            return !closed;
        }
    }

    @Override
    public void close() {
        synchronized (monitor) {
            closed = true;
            monitor.notifyAll();
        }
        thread.interrupt();
    }
}
