package dev.holdfast.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What is left of the heap after each collection, watched while something runs. */
final class LiveHeap implements AutoCloseable {
    private static final long LOOK_MILLIS = 100;

    private final List<MemoryPoolMXBean> pools =
            ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getType() == MemoryType.HEAP)
                    .filter(MemoryPoolMXBean::isCollectionUsageThresholdSupported)
                    .toList();
    private final CountDownLatch end = new CountDownLatch(1);
    private final Thread thread;
    private final long before;
    private volatile long most;

    LiveHeap() {
        System.gc();
        before = used();
        most = before;
        thread = Thread.ofPlatform().daemon().name("live-heap").start(this::watch);
    }

    private long used() {
        return pools.stream()
                .map(MemoryPoolMXBean::getCollectionUsage)
                .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
                .sum();
    }

    private void watch() {
        try {
            while (!end.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                most = Math.max(most, used());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Bytes above what there was when the watch began. */
    long grownBy() {
        most = Math.max(most, used());
        return most - before;
    }

    @Override
    public void close() {
        end.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
