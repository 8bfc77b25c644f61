package dev.holdfast.benchmarks;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.Transaction;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;

/** What the embedded engine costs beside time at work: memory that waits, and opening. */
final class EngineFootprint {
    private static final int TRANSACTIONS = 20_000;
    private static final int WATCHES = 100_000;
    private static final int OPEN_ROWS = 1_000_000;
    private static final int OPEN_VALUE_BYTES = 1_000;
    private static final int OPEN_BATCH = 4_000;
    private static final int OPEN_ROUNDS = 5;
    private static final int COLLECTIONS_MAX = 20;

    private EngineFootprint() {}

    private static byte[] key(int row) {
        return ByteBuffer.allocate(12).putInt(9).putLong(row).array();
    }

    /** Memory of transactions and watches that wait, without the rows they are about. */
    static void memory(Map<String, String> figures) {
        try (Database engine = EmbeddedFoundationDb.inMemory()) {
            engine.run(transaction -> {
                transaction.set(key(0), new byte[100]);
                return true;
            });
            figures.put(
                    "memory per transaction, just begun",
                    perOne(TRANSACTIONS, i -> engine.createTransaction()));
            figures.put(
                    "memory per transaction, one row read",
                    perOne(
                            TRANSACTIONS,
                            i -> {
                                Transaction transaction = engine.createTransaction();
                                transaction.get(key(0)).join();
                                return transaction;
                            }));
            figures.put(
                    "memory per transaction, one row written",
                    perOne(
                            TRANSACTIONS,
                            i -> {
                                Transaction transaction = engine.createTransaction();
                                transaction.set(key(0), key(1));
                                return transaction;
                            }));
            engine.options().setMaxWatches(WATCHES);
            figures.put(
                    "memory per watch",
                    perOne(WATCHES, i -> engine.run(transaction -> transaction.watch(key(i)))));
        }
    }

    /** Heap that stays while as many things are kept, for each of them. */
    private static String perOne(int count, IntFunction<Object> make) {
        List<Object> kept = new ArrayList<>(count);
        long before = heapBytes();
        for (int i = 0; i < count; i++) {
            kept.add(make.apply(i));
        }
        long each = (heapBytes() - before) / count;
        for (Object one : kept) {
            if (one instanceof Transaction transaction) {
                transaction.close();
            } else if (one instanceof CompletableFuture<?> watch) {
                watch.cancel(true);
            }
        }
        return each + " bytes";
    }

    /** The heap in use once collections no longer free anything. */
    private static long heapBytes() {
        long used = Long.MAX_VALUE;
        for (int i = 0; i < COLLECTIONS_MAX; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            long now = runtime.totalMemory() - runtime.freeMemory();
            if (now >= used) {
                return used;
            }
            used = now;
        }
        return used;
    }

    /** How long a database of a gigabyte takes to open, with the log that closing leaves. */
    static void opening(Path files, Map<String, String> figures) {
        long bytes = 0;
        try (Database engine = EmbeddedFoundationDb.open(files)) {
            for (int from = 0; from < OPEN_ROWS; from += OPEN_BATCH) {
                int first = from;
                engine.run(transaction -> {
                    for (int row = first; row < first + OPEN_BATCH; row++) {
                        transaction.set(key(row), noise());
                    }
                    return true;
                });
                bytes += (long) OPEN_BATCH * OPEN_VALUE_BYTES;
            }
        }
        double worst = 0;
        double best = Double.MAX_VALUE;
        for (int round = 0; round < OPEN_ROUNDS; round++) {
            long start = System.nanoTime();
            Database engine = EmbeddedFoundationDb.open(files);
            double millis = (System.nanoTime() - start) / 1e6;
            engine.close();
            worst = Math.max(worst, millis);
            best = Math.min(best, millis);
        }
        figures.put(
                String.format(Locale.ROOT, "open with %.1f GB of data", bytes / 1e9),
                String.format(
                        Locale.ROOT, "%.0f to %.0f ms in %d times", best, worst, OPEN_ROUNDS));
    }

    /** Bytes that do not compress, so that as much lies on the disk as was written. */
    private static byte[] noise() {
        byte[] value = new byte[OPEN_VALUE_BYTES];
        ThreadLocalRandom.current().nextBytes(value);
        return value;
    }
}
