package dev.holdfast.embeddedfdb.engine;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that wait for the disk in the place of callers. There are as many as disks like to
 * serve at once; what is beyond the queue's bound waits in its caller's thread, which is the way it
 * is told to slow down. Idle threads end.
 */
final class DiskReads implements Executor, AutoCloseable {
    private static final int THREADS = 8;
    private static final int QUEUED_MAX = 10_000;
    private static final long IDLE_SECONDS = 5;

    private final ThreadPoolExecutor threads;

    DiskReads() {
        threads =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(QUEUED_MAX),
                        Thread.ofPlatform().daemon().name("holdfast-fdb-read-", 0).factory(),
                        (task, pool) -> task.run());
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** Reads that are queued still run; their views answer them or refuse. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
