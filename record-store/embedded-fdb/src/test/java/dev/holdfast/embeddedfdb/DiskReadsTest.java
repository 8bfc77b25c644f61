package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads of rows that are on the disk and not in memory. Their futures complete in the transaction's
 * executor, which here runs a task only when the test says so: what is complete before that was
 * read by the caller.
 */
final class DiskReadsTest {
    private static final int ROWS = 4_000;
    private static final byte[] OWN = Tuple.from("own").pack();

    @TempDir Path directory;
    private EmbeddedDatabase database;
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

    private static byte[] key(int row) {
        return Tuple.from("row", row).pack();
    }

    private static byte[] value(int row) {
        return Tuple.from(row, "x".repeat(200)).pack();
    }

    /** After it was closed and opened again, a database has nothing in memory. */
    @BeforeEach
    void openCold() {
        try (EmbeddedDatabase warm = EmbeddedFoundationDb.open(directory)) {
            warm.run(transaction -> {
                for (int row = 0; row < ROWS; row++) {
                    transaction.set(key(row), value(row));
                }
                return true;
            });
        }
        database = EmbeddedFoundationDb.open(directory);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Transaction begin() {
        return database.createTransaction(tasks::add);
    }

    /** Runs tasks until the future is complete. */
    private <T> T finish(CompletableFuture<T> future) throws InterruptedException {
        while (!future.isDone()) {
            Runnable task = tasks.poll(10, TimeUnit.SECONDS);
            Objects.requireNonNull(task, "nothing to run, and the future is not complete").run();
        }
        return future.join();
    }

    private void set(int row, byte[] value) {
        database.run(transaction -> {
            transaction.set(key(row), value);
            return true;
        });
    }

    @Test
    void theCallerDoesNotWaitForTheDiskAndTheReadDoesNotSeeLaterWrites() throws Exception {
        try (Transaction transaction = begin()) {
            CompletableFuture<byte[]> cold = transaction.get(key(17));
            assertThat(cold).as("read by the caller").isNotDone();
            transaction.set(key(17), OWN);
            assertThat(transaction.get(key(17)).join()).as("own write").isEqualTo(OWN);
            assertThat(finish(cold)).isEqualTo(value(17));
        }
        try (Transaction transaction = begin()) {
            CompletableFuture<byte[]> warm = transaction.get(key(17));
            assertThat(warm).as("now in memory").isCompleted();
        }
    }

    @Test
    void aRangeFromTheDiskIsMergedWithTheWritesOfItsBeginning() throws Exception {
        try (Transaction transaction = begin()) {
            transaction.set(key(1), OWN);
            transaction.clear(key(2));
            CompletableFuture<List<KeyValue>> cold =
                    transaction.getRange(key(0), key(5), 3, true).asList();
            assertThat(cold).isNotDone();
            transaction.clear(key(0), key(ROWS));
            List<KeyValue> rows = finish(cold);
            assertThat(rows)
                    .containsExactly(
                            new KeyValue(key(4), value(4)),
                            new KeyValue(key(3), value(3)),
                            new KeyValue(key(1), OWN));
        }
    }

    @Test
    void theCommitWaitsForTheReadAndIsCheckedForIt() throws Exception {
        try (Transaction transaction = begin()) {
            CompletableFuture<byte[]> cold = transaction.get(key(17));
            transaction.set(OWN, OWN);
            CompletableFuture<Void> commit = transaction.commit();
            assertThat(commit).isNotDone();
            assertThat(cold).isNotDone();
            finish(commit);
            assertThat(cold.join()).isEqualTo(value(17));
        }
        try (Transaction transaction = begin()) {
            CompletableFuture<byte[]> cold = transaction.get(key(ROWS / 2));
            assertThat(cold).isNotDone();
            set(ROWS / 2, OWN);
            transaction.set(OWN, OWN);
            CompletableFuture<Void> commit = transaction.commit();
            assertThat(Failures.code(catchThrowable(() -> finish(commit)))).isEqualTo(1020);
        }
    }

    @Test
    void aReadFromBeforeARetryLeavesNothingInTheNextAttempt() throws Exception {
        Transaction first = begin();
        CompletableFuture<byte[]> cold = first.get(key(ROWS / 3));
        CompletableFuture<Transaction> retried = first.onError(new FDBException("", 1020));
        try (Transaction second = finish(retried)) {
            var _ = catchThrowable(() -> finish(cold));
            assertThat(second.getReadVersion().join()).isPositive();
            set(ROWS / 3, OWN);
            second.set(OWN, OWN);
            second.addReadConflictKey(key(1));
            finish(second.commit());
        }
    }

    @Test
    void aCommitThatWaitsForAReadDoesNotCommitTheNextAttempt() throws Exception {
        Transaction first = begin();
        CompletableFuture<byte[]> cold = first.get(key(ROWS / 4));
        first.set(OWN, OWN);
        CompletableFuture<Void> commit = first.commit();
        assertThat(commit).isNotDone();
        CompletableFuture<Transaction> retried = first.onError(new FDBException("", 1020));
        try (Transaction second = finish(retried)) {
            second.set(OWN, key(1));
            var _ = catchThrowable(() -> finish(cold));
            Throwable failure = catchThrowable(() -> finish(commit));
            assertThat(Failures.code(failure)).isEqualTo(1025);
        }
        assertThat(database.<byte[]>read(reader -> reader.get(OWN).join())).isNull();
    }

    // ---- watches that start from a row on the disk ----

    /** As {@code run} does it; the value may arrive when the transaction is closed already. */
    @Test
    void aWatchFromTheDiskFiresAlsoWhereItsTransactionIsClosedAtOnce() throws Exception {
        Transaction transaction = begin();
        CompletableFuture<Void> watch = transaction.watch(key(50));
        assertThat(watch).isNotDone();
        CompletableFuture<Void> closed = transaction.commit().thenRun(transaction::close);
        finish(closed);
        assertThat(watch).isNotDone();
        set(50, OWN);
        finish(watch);
    }

    @Test
    void aWatchFromTheDiskThatIsCancelledGivesItsPlaceBack() throws Exception {
        database.options().setMaxWatches(1);
        try (Transaction transaction = begin()) {
            CompletableFuture<Void> watch = transaction.watch(key(60));
            assertThat(watch).isNotDone();
            watch.cancel(true);
            finish(transaction.commit());
        }
        assertThat(database.watches()).isZero();
        try (Transaction transaction = begin()) {
            CompletableFuture<Void> watch = transaction.watch(key(60));
            finish(transaction.commit());
            assertThat(watch).isNotDone();
        }
        assertThat(database.watches()).isEqualTo(1);
    }

    @Test
    void aWatchFromTheDiskFailsWhereItsTransactionWasGivenUp() throws Exception {
        database.options().setMaxWatches(1);
        Transaction abandoned = begin();
        CompletableFuture<Void> watch = abandoned.watch(key(70));
        abandoned.close();
        assertThat(Failures.code(catchThrowable(() -> finish(watch)))).isEqualTo(1025);
        Transaction retried = begin();
        CompletableFuture<Void> earlier = retried.watch(key(ROWS / 5));
        try (Transaction next = finish(retried.onError(new FDBException("", 1020)))) {
            assertThat(Failures.code(catchThrowable(() -> finish(earlier)))).isEqualTo(1025);
            CompletableFuture<Void> later = next.watch(key(71));
            finish(next.commit());
            assertThat(later).isNotDone();
        }
    }

    // ---- ends ----

    @Test
    void anEndedTransactionGetsNoRows() throws Exception {
        try (Transaction transaction = begin()) {
            CompletableFuture<byte[]> cold = transaction.get(key(ROWS - 5));
            transaction.cancel();
            Throwable failure = catchThrowable(() -> finish(cold));
            if (failure != null) {
                assertThat(Failures.code(failure)).isEqualTo(1025);
            } else {
                // It had ended before the cancellation.
                assertThat(cold.join()).isEqualTo(value(ROWS - 5));
            }
        }
    }
}
