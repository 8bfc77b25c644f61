package dev.holdfast.benchmarks;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteOptions;

/**
 * The embedded engine against the storage it stands on, in the same run on the same disk: commits
 * by concurrency, point reads and a range scan, with the ratio to bare RocksDB; then what it costs
 * in memory and in time to open.
 *
 * <p>Each rate is the median of several rounds behind one that is thrown away, the two sides in
 * turn, so that neither has the warmer compiler or the quieter machine.
 */
public final class EngineScenario implements Scenario {
    private static final int[] CONCURRENCY = {1, 8, 64, 512};
    private static final long RUN_NANOS = 2_000_000_000L;
    private static final int ROUNDS = 3;
    private static final int ROWS = 100_000;
    private static final int VALUE_BYTES = 100;

    /** One operation by one worker. */
    private interface Operation {
        void run(byte[] key, byte[] value) throws RocksDBException;
    }

    /** Operations a second, and the latency of the slowest in a hundred, in microseconds. */
    private record Rate(double perSecond, double p50Micros, double p99Micros) {}

    @Override
    public String name() {
        return "engine";
    }

    @Override
    public String description() {
        return "embedded FoundationDB engine against bare RocksDB: commits, reads, scans, opening";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        RocksDB.loadLibrary();
        try (Database engine = EmbeddedFoundationDb.open(scratch.resolve("engine"));
                Options options = new Options().setCreateIfMissing(true);
                RocksDB bare = RocksDB.open(options, scratch.resolve("bare").toString());
                WriteOptions sync = new WriteOptions().setSync(true)) {
            for (int workers : CONCURRENCY) {
                compare(
                        figures,
                        "commits, " + workers + " at once",
                        () -> measure(workers, (key, value) -> bare.put(sync, key, value)),
                        () -> measure(workers, (key, value) -> commit(engine, key, value)));
            }
            fill(engine, bare);
            compare(
                    figures,
                    "point reads, 1 thread",
                    () -> measure(1, (key, value) -> bare.get(key)),
                    () -> reads(engine));
            scans(engine, bare, figures);
        }
        EngineFootprint.memory(figures);
        EngineFootprint.opening(scratch.resolve("large"), figures);
        return figures;
    }

    /** Measures the two sides in turn and reports the median of each. */
    private static void compare(
            Map<String, String> figures, String what, Callable<Rate> bare, Callable<Rate> engine)
            throws Exception {
        List<Rate> plain = new ArrayList<>();
        List<Rate> ours = new ArrayList<>();
        for (int round = 0; round <= ROUNDS; round++) {
            Rate one = bare.call();
            Rate other = engine.call();
            if (round > 0) {
                plain.add(one);
                ours.add(other);
            }
        }
        report(figures, what, median(plain), median(ours));
    }

    private static Rate median(List<Rate> rates) {
        return rates.stream()
                .sorted(Comparator.comparingDouble(Rate::perSecond))
                .toList()
                .get(rates.size() / 2);
    }

    private static void commit(Database engine, byte[] key, byte[] value) {
        try (Transaction transaction = engine.createTransaction()) {
            transaction.set(key, value);
            transaction.commit().join();
        }
    }

    private static Rate measure(int workers, Operation operation)
            throws InterruptedException, ExecutionException {
        long end = System.nanoTime() + RUN_NANOS;
        List<Future<long[]>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(workers)) {
            for (int i = 0; i < workers; i++) {
                running.add(threads.submit(() -> work(operation, end)));
            }
        }
        List<long[]> latencies = new ArrayList<>();
        for (Future<long[]> worker : running) {
            latencies.add(worker.get());
        }
        long[] all = latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return new Rate(
                all.length / (RUN_NANOS / 1e9),
                all[all.length / 2] / 1e3,
                all[(int) (all.length * 0.99)] / 1e3);
    }

    private static long[] work(Operation operation, long end) throws RocksDBException {
        long[] latencies = new long[4_096];
        int done = 0;
        byte[] value = new byte[VALUE_BYTES];
        long now = System.nanoTime();
        while (now < end) {
            operation.run(key(ThreadLocalRandom.current().nextInt(ROWS)), value);
            long after = System.nanoTime();
            if (done == latencies.length) {
                latencies = Arrays.copyOf(latencies, 2 * done);
            }
            latencies[done++] = after - now;
            now = after;
        }
        return Arrays.copyOf(latencies, done);
    }

    private static byte[] key(int row) {
        return ByteBuffer.allocate(12).putInt(7).putLong(row).array();
    }

    private static void fill(Database engine, RocksDB bare) throws RocksDBException {
        byte[] value = new byte[VALUE_BYTES];
        for (int from = 0; from < ROWS; from += 1_000) {
            int first = from;
            engine.run(transaction -> {
                for (int row = first; row < first + 1_000; row++) {
                    transaction.set(key(row), value);
                }
                return null;
            });
            for (int row = first; row < first + 1_000; row++) {
                bare.put(key(row), value);
            }
        }
    }

    /** Reads in transactions of a hundred, so that a transaction's own cost is in it. */
    private static Rate reads(Database engine) throws InterruptedException, ExecutionException {
        Transaction[] open = {engine.createTransaction()};
        int[] left = {100};
        return measure(
                1,
                (key, value) -> {
                    if (--left[0] == 0) {
                        open[0].close();
                        open[0] = engine.createTransaction();
                        left[0] = 100;
                    }
                    open[0].get(key).join();
                });
    }

    private static void scans(Database engine, RocksDB bare, Map<String, String> figures) {
        List<Rate> plain = new ArrayList<>();
        List<Rate> ours = new ArrayList<>();
        for (int round = 0; round <= ROUNDS; round++) {
            Rate one = megabytes(() -> scanBare(bare));
            Rate other = megabytes(() -> scan(engine));
            if (round > 0) {
                plain.add(one);
                ours.add(other);
            }
        }
        double rate = median(ours).perSecond();
        double bound = median(plain).perSecond();
        figures.put(
                "range scan",
                String.format(
                        Locale.ROOT,
                        "%.0f MB/s, bare %.0f, ratio %.2f",
                        rate,
                        bound,
                        rate / bound));
    }

    /** Megabytes a second of scans that each answer their bytes, one after the other. */
    private static Rate megabytes(LongSupplier scan) {
        long bytes = 0;
        long start = System.nanoTime();
        long now = start;
        while (now - start < RUN_NANOS) {
            bytes += scan.getAsLong();
            now = System.nanoTime();
        }
        return new Rate(bytes / 1e6 / ((now - start) / 1e9), 0, 0);
    }

    private static long scanBare(RocksDB bare) {
        long bytes = 0;
        try (RocksIterator rows = bare.newIterator()) {
            for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                bytes += rows.key().length + rows.value().length;
            }
        }
        return bytes;
    }

    private static long scan(Database engine) {
        List<KeyValue> rows =
                engine.read(transaction ->
                        transaction
                                .getRange(
                                        new byte[0],
                                        new byte[] {(byte) 0xff},
                                        0,
                                        false,
                                        StreamingMode.WANT_ALL)
                                .asList()
                                .join());
        return rows.stream().mapToLong(row -> row.getKey().length + row.getValue().length).sum();
    }

    private static void report(Map<String, String> figures, String what, Rate plain, Rate ours) {
        figures.put(
                what,
                String.format(
                        Locale.ROOT,
                        "%.0f/s (p50 %.0f us, p99 %.0f us), bare %.0f/s (%.0f, %.0f), ratio %.2f",
                        ours.perSecond(),
                        ours.p50Micros(),
                        ours.p99Micros(),
                        plain.perSecond(),
                        plain.p50Micros(),
                        plain.p99Micros(),
                        ours.perSecond() / plain.perSecond()));
    }
}
