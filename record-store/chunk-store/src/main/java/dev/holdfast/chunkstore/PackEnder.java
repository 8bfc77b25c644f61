package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends packs behind the back of those who wait for answers: closing a file and recovering a lease
 * take long. A pack whose end fails stays OPEN in its row, and the janitor finds it there.
 */
final class PackEnder implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PackEnder.class);
    private static final Duration RECOVERY_WAIT_MAX = Duration.ofSeconds(20);
    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(10);

    private final ChunkRows rows;
    private final PackFiles files;
    private final StoreCounters counters;
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
        long durable = 0;
        if (pack != null) {
            durable = pack.durableEnd();
            pack.giveUp();
        }
        try {
            long length = files.recover(lease.pack(), RECOVERY_WAIT_MAX);
            if (length < durable) {
                log.error(
                        "pack {} came back with {} bytes although {} were durable",
                        lease.pack(),
                        length,
                        durable);
            }
        } catch (FileNotFoundException e) {
            log.info("pack {} never got a file", lease.pack());
        } catch (IOException | RuntimeException e) {
            log.warn("pack {} is left to the janitor", lease.pack(), e);
            return;
        }
        if (pack == null || !pack.fenced()) {
            seal(lease, durable);
        }
    }

    private boolean seal(PackWriterLease lease, long length) {
        try {
            rows.sealPack(lease, length);
            return true;
        } catch (PackFencedException e) {
            log.info("pack {} was taken over before its end", lease.pack());
        } catch (RuntimeException e) {
            log.warn("pack {} is left to the janitor", lease.pack(), e);
        }
        return false;
    }

    /** Waits for the ends under way, within a limit. */
    @Override
    public void close() {
        executor.shutdown();
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
