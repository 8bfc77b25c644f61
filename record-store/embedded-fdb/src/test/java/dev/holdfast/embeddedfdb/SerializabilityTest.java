package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Transaction;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The anomalies that strict serializability forbids, one by one. Each runs twice: with reads that
 * are checked, which must refuse it, and with snapshot reads, which are not checked and must let it
 * happen; so each of these tests fails when the check it names is switched off, and the second run
 * proves that it would.
 */
final class SerializabilityTest {
    private static final byte[] X = bytes("x");
    private static final byte[] Y = bytes("y");

    private EmbeddedDatabase database;

    @BeforeEach
    void open() {
        database = EmbeddedFoundationDb.inMemory();
        database.run(transaction -> {
            transaction.set(X, bytes("0"));
            transaction.set(Y, bytes("0"));
            return null;
        });
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static Function<Transaction, ReadTransaction> reader(boolean isChecked) {
        return transaction -> isChecked ? transaction : transaction.snapshot();
    }

    private static void expect(boolean refused, ThrowingCallable commit) {
        if (refused) {
            assertThatThrownBy(commit)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            FDBException.class,
                            failure -> {
                                assertThat(failure.getCode()).isEqualTo(1020);
                                assertThat(failure.isRetryable()).isTrue();
                                assertThat(failure.isMaybeCommitted()).isFalse();
                            });
        } else {
            assertThatCode(commit).doesNotThrowAnyException();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesALostUpdateIfReadsAreChecked(boolean isChecked) {
        var read = reader(isChecked);
        try (Transaction first = database.createTransaction();
                Transaction second = database.createTransaction()) {
            assertThat(read.apply(first).get(X).join()).isEqualTo(bytes("0"));
            assertThat(read.apply(second).get(X).join()).isEqualTo(bytes("0"));
            first.set(X, bytes("1"));
            second.set(X, bytes("2"));
            first.commit().join();
            expect(isChecked, () -> second.commit().join());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesWriteSkewIfReadsAreChecked(boolean isChecked) {
        var read = reader(isChecked);
        try (Transaction first = database.createTransaction();
                Transaction second = database.createTransaction()) {
            assertThat(read.apply(first).get(X).join()).isEqualTo(bytes("0"));
            assertThat(read.apply(second).get(Y).join()).isEqualTo(bytes("0"));
            first.set(Y, bytes("1"));
            second.set(X, bytes("1"));
            first.commit().join();
            expect(isChecked, () -> second.commit().join());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesALongForkIfReadsAreChecked(boolean isChecked) {
        var read = reader(isChecked);
        try (Transaction seesFirst = database.createTransaction();
                Transaction seesNeither = database.createTransaction()) {
            seesNeither.getReadVersion().join();
            database.run(transaction -> {
                transaction.set(X, bytes("1"));
                return null;
            });
            seesFirst.getReadVersion().join();
            database.run(transaction -> {
                transaction.set(Y, bytes("1"));
                return null;
            });
            assertThat(read.apply(seesFirst).get(X).join()).isEqualTo(bytes("1"));
            assertThat(read.apply(seesFirst).get(Y).join()).isEqualTo(bytes("0"));
            assertThat(read.apply(seesNeither).get(X).join()).isEqualTo(bytes("0"));
            seesFirst.set(bytes("saw"), bytes("x before y"));
            expect(isChecked, () -> seesFirst.commit().join());
            seesNeither.set(bytes("saw"), bytes("neither"));
            expect(isChecked, () -> seesNeither.commit().join());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAPhantomIfRangeReadsAreChecked(boolean isChecked) {
        var read = reader(isChecked);
        try (Transaction counts = database.createTransaction()) {
            assertThat(read.apply(counts).getRange(bytes("p"), bytes("q")).asList().join())
                    .isEmpty();
            database.run(transaction -> {
                transaction.set(bytes("p5"), bytes("1"));
                return null;
            });
            counts.set(bytes("count"), bytes("0"));
            expect(isChecked, () -> counts.commit().join());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAStaleKeySelectorIfReadsAreChecked(boolean isChecked) {
        var read = reader(isChecked);
        try (Transaction looks = database.createTransaction()) {
            byte[] first =
                    read.apply(looks).getKey(KeySelector.firstGreaterOrEqual(bytes("a"))).join();
            assertThat(first).isEqualTo(X);
            database.run(transaction -> {
                transaction.set(bytes("m"), bytes("1"));
                return null;
            });
            looks.set(bytes("z"), first);
            expect(isChecked, () -> looks.commit().join());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAReadOfAClearedRangeIfReadsAreChecked(boolean isChecked) {
        var read = reader(isChecked);
        try (Transaction looks = database.createTransaction()) {
            assertThat(read.apply(looks).get(X).join()).isEqualTo(bytes("0"));
            database.run(transaction -> {
                transaction.clear(bytes("a"), bytes("zz"));
                return null;
            });
            looks.set(bytes("other"), bytes("1"));
            expect(isChecked, () -> looks.commit().join());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAWriteThatMissedAnExplicitConflictRange(boolean isChecked) {
        try (Transaction reads = database.createTransaction();
                Transaction writes = database.createTransaction()) {
            reads.getReadVersion().join();
            if (isChecked) {
                reads.addReadConflictRange(bytes("k1"), bytes("k9"));
            }
            writes.addWriteConflictKey(bytes("k5"));
            writes.commit().join();
            reads.set(bytes("other"), bytes("1"));
            expect(isChecked, () -> reads.commit().join());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leavesOutTheWriteConflictOfTheNextWriteOnRequest(boolean isChecked) {
        try (Transaction reads = database.createTransaction();
                Transaction writes = database.createTransaction()) {
            assertThat(reads.get(X).join()).isEqualTo(bytes("0"));
            if (!isChecked) {
                writes.options().setNextWriteNoWriteConflictRange();
            }
            writes.set(X, bytes("1"));
            writes.commit().join();
            reads.set(bytes("other"), bytes("1"));
            expect(isChecked, () -> reads.commit().join());
        }
    }
}
