package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.Statistics;
import dev.holdfast.embeddedfdb.engine.StorageConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each figure that metrics are made of, after work whose counts are known. */
final class StatisticsTest {
    private static final byte[] KEY = Tuple.from("key").pack();
    private static final byte[] VALUE = new byte[50_000];

    @TempDir Path directory;

    private static void set(EmbeddedDatabase database) {
        try (Transaction transaction = database.createTransaction()) {
            transaction.set(KEY, VALUE);
            transaction.commit().join();
        }
    }

    @Test
    void countWhatWasDone() {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(directory)) {
            Statistics statistics = database.statistics();
            long storedAtFirst = database.storedBytes();
            for (int i = 0; i < 5; i++) {
                set(database);
            }
            assertThat(statistics.commits()).isEqualTo(5);
            assertThat(statistics.groups()).as("one after the other").isEqualTo(5);
            assertThat(statistics.writtenBytes()).isEqualTo(5L * (KEY.length + VALUE.length));
            assertThat(statistics.syncNanos()).isPositive();
            assertThat(statistics.windowBytes()).isPositive();
            assertThat(statistics.conflicts()).isZero();
            assertThat(statistics.failures()).isZero();
            assertThat(database.storedBytes()).isGreaterThan(storedAtFirst);
            assertThat(database.isWritable()).isTrue();

            long versions = statistics.readVersions();
            try (Transaction loser = database.createTransaction()) {
                assertThat(loser.get(KEY).join()).isEqualTo(VALUE);
                assertThat(statistics.readVersions()).isEqualTo(versions + 1);
                set(database);
                loser.set(KEY, KEY);
                Throwable refused = catchThrowable(() -> loser.commit().join());
                assertThat(Failures.code(refused)).isEqualTo(1020);
            }
            assertThat(statistics.conflicts()).isEqualTo(1);
            assertThat(statistics.commits()).isEqualTo(6);
        }
    }

    @Test
    void countCommitsThatTheDiskRefused() {
        StorageConfig wantsMore = new StorageConfig(16L << 20, Long.MAX_VALUE);
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(directory, wantsMore)) {
            Throwable refused = catchThrowable(() -> set(database));
            assertThat(Failures.code(refused)).isEqualTo(1510);
            assertThat(database.statistics().failures()).isEqualTo(1);
            assertThat(database.statistics().commits()).isZero();
        }
    }

    /** The quickest of several, for the machine may be busy. */
    @Test
    void aDatabaseInMemoryOpensInMilliseconds() {
        long quickestNanos = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
                quickestNanos = Math.min(quickestNanos, System.nanoTime() - start);
                assertThat(database.watches()).isZero();
            }
        }
        assertThat(quickestNanos).isLessThan(50_000_000);
    }
}
