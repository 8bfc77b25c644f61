package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.async.AsyncUtil;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.StorageConfig;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The five seconds in which versions can be read and conflicts judged, on a clock of its own. */
final class WindowTest {
    private static final byte[] K = Tuple.from("k").pack();

    private final AtomicLong micros = new AtomicLong(10_000_000_000L);
    private EmbeddedDatabase database;

    @BeforeEach
    void open() {
        database = EmbeddedFoundationDb.inMemory(micros::get, Faults.NONE);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void commit(int value) {
        database.run(transaction -> {
            transaction.set(K, Tuple.from(value).pack());
            return null;
        });
    }

    @Test
    void refusesReadsAndCommitsOfATransactionOlderThanFiveSeconds() {
        commit(1);
        try (Transaction old = database.createTransaction();
                Transaction blind = database.createTransaction()) {
            assertThat(old.get(K).join()).isNotNull();
            blind.getReadVersion().join();
            micros.addAndGet(4_900_000);
            commit(2);
            assertThat(old.get(K).join()).isEqualTo(Tuple.from(1).pack());
            micros.addAndGet(200_000);
            commit(3);
            assertThatThrownBy(() -> old.get(K).join())
                    .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(1007));
            blind.addReadConflictKey(K);
            blind.set(K, K);
            assertThatThrownBy(() -> blind.commit().join())
                    .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(1007));
        }
        assertThat(database.statistics().tooOld()).isEqualTo(1);
    }

    @Test
    void letsAnIdleDatabaseBeReadAtThePresent() {
        commit(1);
        micros.addAndGet(3_600_000_000L);
        try (Transaction transaction = database.createTransaction()) {
            assertThat(transaction.get(K).join()).isEqualTo(Tuple.from(1).pack());
            assertThat(transaction.getReadVersion().join()).isEqualTo(13_600_000_000L);
        }
    }

    @Test
    void keepsNoMoreThanTheWindowHoweverLongATransactionStaysOpen() {
        try (Transaction open = database.createTransaction()) {
            open.getReadVersion().join();
            for (int i = 0; i < 2_000; i++) {
                micros.addAndGet(10_000);
                commit(i);
            }
            assertThat(database.views()).isLessThan(600);
            assertThat(database.statistics().windowBytes()).isLessThan(600 * 200);
            assertThatThrownBy(() -> open.get(K).join())
                    .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(1007));
        }
    }

    /** Such as after a restart on a machine whose clock was wrong before. */
    @Test
    void aClockThatIsBehindTheLastCommitDoesNotStopTheWindow(@TempDir Path directory) {
        long committed;
        try (EmbeddedDatabase before = openIn(directory)) {
            set(before, 1);
            committed = before.read(reader -> reader.getReadVersion().join());
        }
        micros.addAndGet(-3_600_000_000L);
        try (EmbeddedDatabase after = openIn(directory);
                Transaction old = after.createTransaction()) {
            assertThat(old.get(K).join()).isEqualTo(Tuple.from(1).pack());
            assertThat(old.getReadVersion().join()).isGreaterThan(committed);
            for (int i = 0; i < 100; i++) {
                micros.addAndGet(100_000);
                set(after, i);
            }
            assertThat(after.views()).isLessThan(60);
            assertThat(after.statistics().windowBytes()).isLessThan(60 * 200);
            assertThatThrownBy(() -> old.get(K).join())
                    .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(1007));
        }
    }

    private EmbeddedDatabase openIn(Path directory) {
        return EmbeddedFoundationDb.open(
                directory, new StorageConfig(8L << 20, 0), micros::get, Faults.NONE);
    }

    private static void set(EmbeddedDatabase database, int value) {
        database.run(transaction -> {
            transaction.set(K, Tuple.from(value).pack());
            return true;
        });
    }

    /** As such programs do for a cluster, whose answers are never there at once. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aLoopThatWaitsForSomethingLetsItsCallerGo() {
        for (boolean asksForVersion : new boolean[] {false, true}) {
            AtomicBoolean happened = new AtomicBoolean();
            CompletableFuture<Void> loop =
                    AsyncUtil.whileTrue(() -> {
                        Transaction transaction = database.createTransaction();
                        CompletableFuture<?> answer =
                                asksForVersion ? transaction.getReadVersion() : transaction.get(K);
                        return answer.handle((done, failure) -> {
                            transaction.close();
                            return !happened.get();
                        });
                    });
            happened.set(true);
            loop.orTimeout(20, TimeUnit.SECONDS).join();
        }
    }

    @Test
    void completesFuturesAwayFromTheCommitThreadEvenInADirectExecutor() {
        AtomicReference<String> thread = new AtomicReference<>("");
        try (Transaction transaction = database.createTransaction(Runnable::run)) {
            transaction.set(K, K);
            CompletableFuture<Void> nested =
                    transaction
                            .commit()
                            .thenAccept(done -> {
                                thread.set(Thread.currentThread().getName());
                                // Would wait for itself on the commit thread.
                                commit(7);
                            });
            nested.orTimeout(20, TimeUnit.SECONDS).join();
        }
        assertThat(thread.get()).doesNotContain("commit");
    }
}
