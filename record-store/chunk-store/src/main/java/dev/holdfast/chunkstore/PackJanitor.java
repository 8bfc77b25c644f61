package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.OpenPack;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the packs that dead writers left open (T11).
 *
 * <p>The order is what makes it safe. First the epoch is raised: from then on the old writer,
 * should it live after all, can acknowledge nothing in this pack. Then HDFS takes the file away
 * from it and settles its length. Then the row is sealed, at the file's length, but never below the
 * end of a record that has a row: were bytes missing that someone was promised, the row must keep
 * naming them.
 */
final class PackJanitor {
    private static final Logger log = LoggerFactory.getLogger(PackJanitor.class);
    private static final Duration LEASE_WAIT_MAX = Duration.ofMinutes(3);
    private static final int AT_ONCE_MAX = 8;

    private final ChunkRows rows;
    private final PackFiles files;
    private final ChunkStoreConfig config;
    private final StoreCounters counters;
    private final Clock clock;

    PackJanitor(
            ChunkRows rows,
            PackFiles files,
            ChunkStoreConfig config,
            StoreCounters counters,
            Clock clock) {
        this.rows = rows;
        this.files = files;
        this.config = config;
        this.counters = counters;
        this.clock = clock;
    }

    /**
     * Starts ending the packs of writers that are dead, and waits for it within the configured
     * limit; what takes longer goes on in the background.
     *
     * @return how many packs were found
     */
    int run() {
        List<OpenPack> dead = new ArrayList<>();
        for (OpenPack pack : rows.openPacks()) {
            if (abandoned(pack)) {
                dead.add(pack);
            }
        }
        CountDownLatch left = new CountDownLatch(dead.size());
        Semaphore places = new Semaphore(AT_ONCE_MAX);
        for (OpenPack pack : dead) {
            Thread.ofVirtual()
                    .name("janitor-" + pack.pack())
                    .start(() -> {
                        places.acquireUninterruptibly();
                        try {
                            take(pack);
                        } finally {
                            places.release();
                            left.countDown();
                        }
                    });
        }
        try {
            if (!left.await(config.recoveryWaitMax().toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("{} packs of dead writers are still being recovered", left.getCount());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return dead.size();
    }

    /**
     * A live writer seals a pack when it is {@code packAgeMax} old. Taking one away by mistake
     * costs the writer a rewrite, nothing else, so a clock may decide this.
     */
    private boolean abandoned(OpenPack pack) {
        return config.soleWriter()
                || clock.millis() - pack.beganAtMillis() > 3 * config.packAgeMax().toMillis();
    }

    private void take(OpenPack open) {
        try {
            PackWriterLease lease = rows.raiseEpoch(open.pack());
            long length;
            try {
                length = files.recover(open.pack(), LEASE_WAIT_MAX);
            } catch (FileNotFoundException e) {
                length = 0;
            }
            // Read again: the old writer may have placed a group before its epoch was raised.
            long named = highestEnd(open);
            if (length < named) {
                log.error(
                        "pack {} has {} bytes in HDFS, but chunks up to {} were acknowledged:"
                                + " run a scrub to find which are lost",
                        open.pack(),
                        length,
                        named);
            }
            rows.sealPack(lease, Math.max(length, named));
            counters.packsRecovered.increment();
            log.info("pack {} of a dead writer is sealed at {} bytes", open.pack(), length);
        } catch (PackFencedException e) {
            log.info("pack {} was taken over by another process", open.pack());
        } catch (IOException | RuntimeException e) {
            log.warn("pack {} of a dead writer stays open for now", open.pack(), e);
        }
    }

    private long highestEnd(OpenPack before) {
        return rows.openPacks().stream()
                .filter(pack -> pack.pack().equals(before.pack()))
                .mapToLong(OpenPack::highestEnd)
                .max()
                .orElse(before.highestEnd());
    }
}
