package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends packs behind the back of those who wait for answers: closing a file and recovering a lease
 * take long. An end that fails is tried again for as long as the store is open; after that the pack
 * stays OPEN in its row, and the janitor finds it there.
 */
final class PackEnder implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PackEnder.class);
    private static final Duration RECOVERY_WAIT_MAX = Duration.ofSeconds(20);
    private static final Duration RETRY_FIRST = Duration.ofSeconds(1);
    private static final Duration RETRY_MAX = Duration.ofMinutes(1);
    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(10);

    private final ChunkRows rows;
    private final PackFiles files;
    private final StoreCounters counters;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final ExecutorService executor =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("pack-end-", 0).factory());

    PackEnder(ChunkRows rows, PackFiles files, StoreCounters counters) {
        this.rows = rows;
        this.files = files;
        this.counters = counters;
    }

    /** Ends a pack that nothing more will be written to and all of whose groups were placed. */
    void end(OpenPackFile pack) {
        executor.execute(() -> endNow(pack));
    }

    /**
     * Gives a pack up; what a sync covered stays readable. The pack is null when there is no file.
     */
    void abandon(PackWriterLease lease, @Nullable OpenPackFile pack) {
        counters.packsAbandoned.increment();
        executor.execute(() -> abandonNow(lease, pack));
    }

    private void endNow(OpenPackFile pack) {
        if (pack.fenced()) {
            counters.packsAbandoned.increment();
            pack.giveUp();
            return;
        }
        try {
            pack.finish();
        } catch (IOException | RuntimeException e) {
            log.warn("pack {} could not be finished", pack.lease().pack(), e);
            counters.packsAbandoned.increment();
            abandonNow(pack.lease(), pack);
            return;
        }
        if (seal(pack.lease(), pack.durableEnd())) {
            counters.packsSealed.increment();
        }
    }

    private void abandonNow(PackWriterLease lease, @Nullable OpenPackFile pack) {
        long durable = pack == null ? 0 : pack.durableEnd();
        if (pack != null) {
            pack.giveUp();
        }
        boolean recovered = untilSettled(lease, () -> recovered(lease, durable));
        if (recovered && (pack == null || !pack.fenced())) {
            seal(lease, durable);
        }
    }

    /** True when the file has its final length, or there is none. */
    private boolean recovered(PackWriterLease lease, long durable) {
        try {
            long length = files.recover(lease.pack(), RECOVERY_WAIT_MAX);
            if (length < durable) {
                log.error(
                        "pack {} came back with {} bytes although {} were durable",
                        lease.pack(),
                        length,
                        durable);
            }
            return true;
        } catch (FileNotFoundException e) {
            return true;
        } catch (IOException | RuntimeException e) {
            log.info("pack {} cannot be ended yet: {}", lease.pack(), e.getMessage());
            return false;
        }
    }

    private boolean seal(PackWriterLease lease, long length) {
        AtomicBoolean sealed = new AtomicBoolean();
        untilSettled(lease, () -> settled(lease, length, sealed));
        return sealed.get();
    }

    /** True when there is nothing more to try. */
    private boolean settled(PackWriterLease lease, long length, AtomicBoolean sealed) {
        try {
            rows.sealPack(lease, length);
            sealed.set(true);
            return true;
        } catch (PackFencedException e) {
            log.info("pack {} was taken over before its end", lease.pack());
            return true;
        } catch (IllegalArgumentException e) {
            log.error("pack {} is left to the janitor", lease.pack(), e);
            return true;
        } catch (RuntimeException e) {
            log.info("pack {} cannot be sealed yet: {}", lease.pack(), e.getMessage());
            return false;
        }
    }

    /** Tries now and then; false when the store was closed first. */
    private boolean untilSettled(PackWriterLease lease, BooleanSupplier attempt) {
        try {
            Duration pause = RETRY_FIRST;
            while (!attempt.getAsBoolean()) {
                if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    log.warn("pack {} is left to the janitor", lease.pack());
                    return false;
                }
                Duration longer = pause.multipliedBy(2);
                pause = longer.compareTo(RETRY_MAX) < 0 ? longer : RETRY_MAX;
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Waits for the ends under way, within a limit. */
    @Override
    public void close() {
        executor.shutdown();
        closing.countDown();
        try {
            if (!executor.awaitTermination(CLOSE_WAIT_MAX.toSeconds(), TimeUnit.SECONDS)) {
                log.warn("some packs are left to the janitor");
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
