package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.DependencyGraph.Done;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Concurrent transactions on few keys, judged by the graph of what depended on what. */
final class ConcurrentHistoryTest {
    private static final int KEYS = 4;
    private static final int WORKERS = 6;
    private static final int ATTEMPTS = 120;

    @TempDir Path directory;

    @Test
    void isStrictlySerializable() {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(directory.resolve("db"))) {
            List<Done> history = run(database, false);
            assertThat(history).hasSizeGreaterThan(WORKERS * ATTEMPTS / 10);
            assertThat(database.statistics().conflicts()).isPositive();
            assertThat(DependencyGraph.cycle(history, finalLists(database))).isEmpty();
        }
    }

    /** The judge is no rubber stamp: without conflict checks the same work has a cycle. */
    @Test
    void findsACycleWhenReadsAreNotChecked() {
        for (int round = 0; round < 20; round++) {
            try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
                List<Done> history = run(database, true);
                if (!DependencyGraph.cycle(history, finalLists(database)).isEmpty()) {
                    return;
                }
            }
        }
        throw new AssertionError("no cycle in 20 histories without conflict checks");
    }

    private static byte[] key(int key) {
        return Tuple.from("list", key).pack();
    }

    private static List<Integer> list(byte[] stored) {
        List<Integer> list = new ArrayList<>();
        if (stored != null) {
            Tuple.fromBytes(stored).forEach(item -> list.add(((Long) item).intValue()));
        }
        return list;
    }

    private static Map<Integer, List<Integer>> finalLists(EmbeddedDatabase database) {
        Map<Integer, List<Integer>> lists = new HashMap<>();
        for (int key = 0; key < KEYS; key++) {
            int one = key;
            lists.put(key, database.read(transaction -> list(transaction.get(key(one)).join())));
        }
        return lists;
    }

    private static List<Done> run(EmbeddedDatabase database, boolean unchecked) {
        List<Done> history = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger ids = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(WORKERS);
        List<Thread> workers = new ArrayList<>();
        for (int worker = 0; worker < WORKERS; worker++) {
            Random random = new Random(31L * worker + 7);
            workers.add(
                    Thread.ofPlatform()
                            .start(() -> {
                                try {
                                    start.await();
                                } catch (Exception broken) {
                                    throw new IllegalStateException(broken);
                                }
                                for (int i = 0; i < ATTEMPTS; i++) {
                                    attempt(
                                            database,
                                            ids.incrementAndGet(),
                                            random,
                                            unchecked,
                                            history);
                                }
                            }));
        }
        for (Thread worker : workers) {
            try {
                worker.join();
            } catch (InterruptedException stopped) {
                throw new IllegalStateException(stopped);
            }
        }
        return List.copyOf(history);
    }

    private static void attempt(
            EmbeddedDatabase database,
            int id,
            Random random,
            boolean unchecked,
            List<Done> history) {
        long began = System.nanoTime();
        try (Transaction transaction = database.createTransaction()) {
            ReadTransaction reader = unchecked ? transaction.snapshot() : transaction;
            Map<Integer, List<Integer>> reads = new HashMap<>();
            Set<Integer> appends = new HashSet<>();
            for (int step = 0; step < 3; step++) {
                int key = random.nextInt(KEYS);
                if (reads.containsKey(key)) {
                    continue;
                }
                List<Integer> seen = list(reader.get(key(key)).join());
                reads.put(key, seen);
                if (random.nextInt(3) == 0) {
                    List<Object> longer = new ArrayList<>(seen);
                    longer.add(id);
                    appends.add(key);
                    transaction.set(key(key), Tuple.fromList(longer).pack());
                }
            }
            transaction.commit().join();
            history.add(new Done(id, began, System.nanoTime(), reads, appends));
        } catch (CompletionException refused) {
            assertThat(Failures.code(refused)).isEqualTo(1020);
        }
    }
}
