package dev.holdfast.benchmarks;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.record.provider.common.StoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer.Counts;
import com.apple.foundationdb.record.provider.foundationdb.TransactionListener;
import dev.holdfast.blockgc.AdaptivePacer;
import dev.holdfast.blockgc.CollectionSettings;
import dev.holdfast.blockgc.Collector;
import dev.holdfast.blockgc.CollectorConfig;
import dev.holdfast.blockgc.GcReport;
import dev.holdfast.blockgc.GcRequest;
import dev.holdfast.blockgc.PaceConfig;
import dev.holdfast.blockgc.Retention;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a collection reads and sends for each garbage chunk while more and more chunks are alive,
 * and the memory it takes. Metadata alone: files are looked into and deleted at once, and the
 * collection waits for nobody.
 */
final class CollectionCost {
    /** So that no pack of the population counts as a small one: none can be rewritten here. */
    private static final long PACK_BYTES = 8L * ChunkPopulation.PACK_BYTES_MIN;

    private static final int GARBAGE = Integer.getInteger("holdfast.bench.garbage", 4_000);
    private static final int LIVE_MAX = Integer.getInteger("holdfast.bench.live", 1_000_000);
    private static final int[] LIVE = {10_000, 100_000, 1_000_000};
    private static final long SAMPLE_MILLIS = 250;
    private static final Duration NO_TIME = Duration.ZERO;

    /** What was done to FoundationDB so far, by all transactions. */
    private static final class Counting implements TransactionListener {
        final AtomicLong reads = new AtomicLong();
        final AtomicLong keys = new AtomicLong();
        final AtomicLong requests = new AtomicLong();
        final AtomicLong written = new AtomicLong();

        @Override
        public void create(FDBDatabase database, Transaction transaction) {}

        @Override
        public void commit(
                FDBDatabase database,
                Transaction transaction,
                @Nullable StoreTimer timer,
                @Nullable Throwable failure) {
            requests.incrementAndGet();
        }

        /** A single key is one of each; a range is as many requests as it takes batches. */
        @Override
        public void close(
                FDBDatabase database, Transaction transaction, @Nullable StoreTimer timer) {
            requests.incrementAndGet();
            if (timer != null) {
                long all = timer.getCount(Counts.READS);
                long ranges = timer.getCount(Counts.RANGE_READS);
                long gets = all - ranges;
                reads.addAndGet(all);
                keys.addAndGet(gets + timer.getCount(Counts.RANGE_KEYVALUES_FETCHED));
                requests.addAndGet(gets + Math.max(ranges, timer.getCount(Counts.RANGE_FETCHES)));
                written.addAndGet(
                        timer.getCount(Counts.WRITES)
                                + timer.getCount(Counts.DELETES)
                                + timer.getCount(Counts.MUTATIONS));
            }
        }
    }

    private CollectionCost() {}

    static void measure(Path scratch, Map<String, String> figures) throws Exception {
        Counting counting = new Counting();
        try (EmbeddedDatabase engine = EmbeddedFoundationDb.open(scratch.resolve("rows"))) {
            EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(engine);
            factory.setTransactionListener(counting);
            FDBDatabase database = factory.getDatabase();
            MetadataConfig config = MetadataConfig.defaults(true);
            FDBStoreTimer timer = new FDBStoreTimer();
            try (MetadataStore metadata = MetadataStore.open(database, config, timer)) {
                ChunkPopulation population = new ChunkPopulation(metadata);
                Collector collector =
                        collector(
                                CollectionStore.open(database, config, timer),
                                metadata,
                                config,
                                population);
                // What the first run loads and compiles does not count.
                population.garbage(GARBAGE);
                run(collector);
                for (int live : LIVE) {
                    if (live <= LIVE_MAX) {
                        grow(engine, population, live, figures);
                        population.garbage(GARBAGE);
                        figures.put("%,d live chunks".formatted(live), cost(collector, counting));
                    }
                }
                population.garbage(GARBAGE);
                figures.put("heap of a run, at most", heap(() -> run(collector)));
            }
        }
    }

    private static void grow(
            Database engine, ChunkPopulation population, int live, Map<String, String> figures) {
        long start = System.nanoTime();
        population.grow(engine, live);
        figures.put(
                "(loading rows up to %,d live chunks)".formatted(live),
                SyncWorkload.seconds(SyncWorkload.secondsSince(start)));
    }

    private static Collector collector(
            CollectionStore rows,
            MetadataStore metadata,
            MetadataConfig config,
            ChunkPopulation population) {
        CollectionSettings defaults = CollectionSettings.defaults();
        PaceConfig pace = defaults.pace();
        // It gives way to nobody: what is measured is what it costs, not how long it waits.
        PaceConfig unhindered =
                new PaceConfig(
                        1, 1L << 30, 1, 1, pace.slowFactor(), pace.quickStep(), pace.waitMax());
        CollectionSettings settings =
                new CollectionSettings(
                        defaults.period(),
                        NO_TIME,
                        NO_TIME,
                        NO_TIME,
                        defaults.deletionsKept(),
                        defaults.deadShareMax(),
                        defaults.leaseLife(),
                        unhindered);
        return new Collector(
                rows,
                metadata.chunks(),
                population.packs(),
                Retention.NONE,
                CollectorConfig.of(PACK_BYTES, settings),
                config.clock(),
                AdaptivePacer.system(settings.pace()));
    }

    private static void run(Collector collector) {
        GcReport report =
                collector.run(
                        new GcRequest(true, false, Long.MAX_VALUE, true),
                        "bench-" + System.nanoTime());
        long dropped = report.counts().getOrDefault("chunks_dropped", 0L);
        if (report.state() != BackgroundJobs.State.DONE || dropped != GARBAGE) {
            throw new IllegalStateException(
                    "the run dropped " + dropped + " of " + GARBAGE + ": " + report);
        }
    }

    private static String cost(Collector collector, Counting counting) {
        long reads = counting.reads.get();
        long keys = counting.keys.get();
        long requests = counting.requests.get();
        long written = counting.written.get();
        long start = System.nanoTime();
        run(collector);
        double seconds = SyncWorkload.secondsSince(start);
        double chunks = GARBAGE;
        return String.format(
                Locale.ROOT,
                "a garbage chunk: %.2f reads, %.2f keys read, %.2f keys written, %.2f RPCs,"
                        + " %.0f us (%.0f/s)",
                (counting.reads.get() - reads) / chunks,
                (counting.keys.get() - keys) / chunks,
                (counting.written.get() - written) / chunks,
                (counting.requests.get() - requests) / chunks,
                seconds * 1e6 / chunks,
                chunks / seconds);
    }

    /** What lives on the heap at most while something runs, beyond what lived there before. */
    private static String heap(Runnable work) throws InterruptedException {
        long before = live();
        AtomicLong most = new AtomicLong();
        CountDownLatch over = new CountDownLatch(1);
        Thread sampler =
                Thread.ofPlatform()
                        .name("heap-sampler")
                        .start(() -> {
                            try {
                                // Not without a rest: a collector that gets no time is too slow for
                                // the database.
                                while (!over.await(SAMPLE_MILLIS, TimeUnit.MILLISECONDS)) {
                                    most.accumulateAndGet(live() - before, Math::max);
                                }
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        try {
            work.run();
        } finally {
            over.countDown();
            sampler.join();
        }
        return SyncWorkload.mebibytes(Math.max(0, most.get()));
    }

    private static long live() {
        var memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }
}
