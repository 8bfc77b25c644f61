package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.apple.foundationdb.EventKeeper;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MappedKeyValue;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.async.AsyncIterator;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.EngineClock;
import dev.holdfast.embeddedfdb.engine.Faults;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What users can ask for without measure costs a bounded amount of memory. */
final class BoundsTest {
    /** Largest answer to one step of a range read by the native client's modes, and one row. */
    private static final long STEP_BYTES_MAX = 120_000 + 100_000;

    /** Special keys: where what the transaction has read begins and ends. */
    private static final Range READ_RANGES =
            Range.startsWith(
                    ByteArrayUtil.join(
                            new byte[] {(byte) 0xff, (byte) 0xff},
                            "/transaction/read_conflict_range/"
                                    .getBytes(StandardCharsets.US_ASCII)));

    private static byte[] key(int row) {
        return Tuple.from("row", row).pack();
    }

    private static void fill(EmbeddedDatabase database, int rows, int valueBytes) {
        for (int from = 0; from < rows; from += 1_000) {
            int first = from;
            database.run(transaction -> {
                for (int row = first; row < Math.min(first + 1_000, rows); row++) {
                    byte[] value = new byte[valueBytes];
                    ByteBuffer.wrap(value).putInt(row);
                    transaction.set(key(row), value);
                }
                return true;
            });
        }
    }

    private static int code(CompletableFuture<?> future) {
        return Failures.code(catchThrowable(() -> future.orTimeout(20, TimeUnit.SECONDS).join()));
    }

    // ---- watches ----

    /** As many as there may be are kept; of the rest of a million nothing stays. */
    @Test
    void aMillionWatchesAreRefusedAtTheLimit() {
        int attempts = Boolean.getBoolean("holdfast.soak") ? 1_000_000 : 60_000;
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            List<CompletableFuture<Void>> kept = new ArrayList<>();
            int refused = 0;
            for (int from = 0; from < attempts; from += 1_000) {
                try (Transaction transaction = database.createTransaction()) {
                    // The first answer of a transaction may come later.
                    transaction.getReadVersion().join();
                    for (int i = 0; i < 1_000; i++) {
                        CompletableFuture<Void> watch = transaction.watch(key(from + i));
                        if (watch.isCompletedExceptionally()) {
                            assertThat(Failures.code(watch.exceptionNow())).isEqualTo(1032);
                            refused++;
                        } else {
                            kept.add(watch);
                        }
                    }
                    transaction.commit().join();
                }
            }
            assertThat(kept).hasSize(10_000);
            assertThat(refused).isEqualTo(attempts - 10_000);
            assertThat(database.watches()).isEqualTo(10_000);
            kept.forEach(watch -> watch.cancel(true));
            assertThat(database.watches()).isZero();
            CompletableFuture<Void> again =
                    database.run(transaction -> transaction.watch(key(attempts)));
            assertThat(again).isNotDone();
        }
    }

    /** Futures are completed by threads of their own. */
    private static void fails(CompletableFuture<Void> watch) {
        assertThat(watch).failsWithin(Duration.ofSeconds(20));
    }

    @Test
    void watchesOfTransactionsThatHaveNotCommittedCountTowardsTheLimit() {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            database.options().setMaxWatches(100);
            List<Transaction> open = new ArrayList<>();
            List<CompletableFuture<Void>> watches = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                Transaction transaction = database.createTransaction();
                open.add(transaction);
                for (int row = 0; row < 50; row++) {
                    watches.add(transaction.watch(key(row)));
                }
            }
            assertThat(watches.subList(100, 500)).allSatisfy(BoundsTest::fails);
            assertThat(watches.subList(0, 100)).noneMatch(CompletableFuture::isDone);
            open.forEach(Transaction::close);
            assertThat(watches).allSatisfy(BoundsTest::fails);
            CompletableFuture<Void> later = database.run(transaction -> transaction.watch(key(1)));
            assertThat(later).as("the closed ones gave their places back").isNotDone();
        }
    }

    // ---- readers ----

    /** A reader that takes its time loses its version, not the database its memory. */
    @Test
    void aSlowReaderIsToldThatItIsTooOldAndHoldsNoVersions() {
        AtomicLong micros = new AtomicLong(1_000_000_000);
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory(micros::get, Faults.NONE)) {
            fill(database, 2_000, 1_000);
            try (Transaction slow = database.createTransaction()) {
                AsyncIterator<KeyValue> rows =
                        slow.getRange(key(0), key(2_000), 0, false, StreamingMode.ITERATOR)
                                .iterator();
                assertThat(rows.next().getKey()).isEqualTo(key(0));
                for (int i = 0; i < 600; i++) {
                    micros.addAndGet(10_000);
                    fill(database, 1, 100);
                }
                assertThat(database.views()).isLessThan(510);
                Throwable failure =
                        catchThrowable(() -> {
                            while (rows.hasNext()) {
                                rows.next();
                            }
                        });
                assertThat(Failures.code(failure)).isEqualTo(1007);
            }
        }
    }

    /** The largest answer to one step of a read, as its event keeper hears of it. */
    private static final class LargestStep implements EventKeeper {
        private long steps;
        private long bytes;

        @Override
        public void count(Event event, long amount) {
            if (event == Events.BYTES_FETCHED) {
                steps++;
                bytes = Math.max(bytes, amount);
            }
        }

        @Override
        public void timeNanos(Event event, long nanos) {}

        @Override
        public long getCount(Event event) {
            return 0;
        }

        @Override
        public long getTimeNanos(Event event) {
            return 0;
        }
    }

    @Test
    void aHugeRangeIsReadInStepsOfBoundedSizeAndClearedAtOnce() {
        int rows = 10_000;
        int valueBytes = 1_000;
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            fill(database, rows, valueBytes);
            for (StreamingMode mode : StreamingMode.values()) {
                if (mode == StreamingMode.EXACT) {
                    continue;
                }
                LargestStep largest = new LargestStep();
                try (Transaction transaction =
                        database.createTransaction(database.getExecutor(), largest)) {
                    int found = count(transaction, mode, mode == StreamingMode.SMALL ? 500 : 0);
                    assertThat(found).isEqualTo(mode == StreamingMode.SMALL ? 500 : rows);
                    // A read of everything is one range to check, not one for each step.
                    assertThat(transaction.getRange(READ_RANGES).asList().join()).hasSize(2);
                }
                assertThat(largest.bytes).as("%s", mode).isBetween(1L, STEP_BYTES_MAX);
                assertThat(largest.steps).as("%s", mode).isGreaterThan(50);
            }
            long half = estimate(database, 0, rows / 2);
            assertThat(half + estimate(database, rows / 2, rows))
                    .as("the parts of a range add up")
                    .isEqualTo(estimate(database, 0, rows));
            database.run(transaction -> {
                transaction.clear(Range.startsWith(Tuple.from("row").pack()));
                assertThat(transaction.getApproximateSize().join()).isLessThan(1_000L);
                return true;
            });
            assertThat(database.<Integer>read(reader -> count(reader, StreamingMode.WANT_ALL, 0)))
                    .isZero();
        }
    }

    /** A mapped range is read in steps, too, whose size counts what its rows lead to. */
    @Test
    void aHugeMappedRangeIsReadInStepsAndFailsOnlyWhereOwnWritesAre() {
        int rows = 1_000;
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            fill(database, rows, 2_000);
            database.run(transaction -> {
                for (int row = 0; row < rows; row++) {
                    transaction.set(Tuple.from("index", row).pack(), Tuple.from(row).pack());
                }
                return true;
            });
            LargestStep largest = new LargestStep();
            try (Transaction transaction =
                    database.createTransaction(database.getExecutor(), largest)) {
                assertThat(mapped(transaction)).isEqualTo(rows);
                assertThat(largest.steps).isGreaterThan(10);
            }
            try (Transaction transaction = database.createTransaction()) {
                transaction.set(key(rows - 1), key(0));
                int[] seen = {0};
                Throwable failure = catchThrowable(() -> mapped(transaction, seen));
                assertThat(Failures.code(failure)).isEqualTo(2039);
                assertThat(seen[0]).as("rows of the steps before").isBetween(rows / 2, rows - 1);
            }
        }
    }

    private static int mapped(Transaction transaction) {
        int[] seen = {0};
        mapped(transaction, seen);
        return seen[0];
    }

    private static void mapped(Transaction transaction, int[] seen) {
        AsyncIterator<MappedKeyValue> found =
                transaction
                        .getMappedRange(
                                KeySelector.firstGreaterOrEqual(Tuple.from("index", 0).pack()),
                                KeySelector.firstGreaterOrEqual(
                                        Tuple.from("index", 1_000_000).pack()),
                                Tuple.from("row", "{V[0]}", "{...}").pack(),
                                0,
                                false,
                                StreamingMode.ITERATOR)
                        .iterator();
        while (found.hasNext()) {
            MappedKeyValue row = found.next();
            assertThat(row.getRangeResult()).hasSize(1);
            assertThat(row.getKey()).isEqualTo(Tuple.from("index", seen[0]).pack());
            seen[0]++;
        }
    }

    private static long estimate(EmbeddedDatabase database, int from, int to) {
        return database.read(
                reader -> reader.getEstimatedRangeSizeBytes(key(from), key(to)).join());
    }

    private static int count(ReadTransaction reader, StreamingMode mode, int limit) {
        AsyncIterator<KeyValue> found =
                reader.getRange(key(0), key(1_000_000), limit, false, mode).iterator();
        int count = 0;
        while (found.hasNext()) {
            found.next();
            count++;
        }
        return count;
    }

    // ---- commits ----

    /** Commits wait in a queue of bounded size; beyond it they are told to come again. */
    @Test
    void commitsBeyondTheQueueAreRefusedWithAnErrorThatRetries() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        Faults slow =
                request -> {
                    stuck.countDown();
                    try {
                        disk.await();
                    } catch (InterruptedException stopped) {
                        Thread.currentThread().interrupt();
                    }
                    return null;
                };
        try (EmbeddedDatabase database =
                EmbeddedFoundationDb.inMemory(EngineClock.system(), slow)) {
            List<CompletableFuture<Void>> commits = new ArrayList<>();
            commits.add(commit(database, 0, 1));
            try {
                assertThat(stuck.await(20, TimeUnit.SECONDS)).isTrue();
                for (int i = 1; i <= 7; i++) {
                    commits.add(commit(database, i, 96));
                }
                assertThat(code(commits.get(7))).isEqualTo(1042);
                assertThat(commits.subList(0, 7)).noneMatch(CompletableFuture::isDone);
            } finally {
                disk.countDown();
            }
            for (CompletableFuture<Void> accepted : commits.subList(0, 7)) {
                accepted.orTimeout(20, TimeUnit.SECONDS).join();
            }
            commit(database, 8, 96).orTimeout(20, TimeUnit.SECONDS).join();
        }
    }

    private static CompletableFuture<Void> commit(
            EmbeddedDatabase database, int number, int values) {
        Transaction transaction = database.createTransaction();
        byte[] value = new byte[100_000];
        for (int i = 0; i < values; i++) {
            transaction.set(Tuple.from(number, i).pack(), value);
        }
        return transaction.commit().whenComplete((done, failure) -> transaction.close());
    }
}
