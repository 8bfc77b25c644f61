package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.EventKeeper;
import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.LocalityUtil;
import com.apple.foundationdb.MapEventKeeper;
import com.apple.foundationdb.MappedKeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.async.AsyncUtil;
import com.apple.foundationdb.directory.DirectoryLayer;
import com.apple.foundationdb.directory.DirectorySubspace;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import com.apple.foundationdb.tuple.Versionstamp;
import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What transactions can do beyond plain reads and writes, and the errors they end with. */
final class TransactionFeaturesTest {
    private static final byte[] K = bytes("k");
    private static final byte[] METADATA_VERSION =
            ByteArrayUtil.join(new byte[] {(byte) 0xff}, bytes("/metadataVersion"));

    private EmbeddedDatabase database;

    @BeforeEach
    void open() {
        database = EmbeddedFoundationDb.inMemory();
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] special(String path) {
        return ByteArrayUtil.join(new byte[] {(byte) 0xff, (byte) 0xff}, bytes(path));
    }

    private void set(byte[] key, byte[] value) {
        database.run(transaction -> {
            transaction.set(key, value);
            return null;
        });
    }

    private byte[] get(byte[] key) {
        return database.read(transaction -> transaction.get(key).join());
    }

    private static void expect(int code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(code));
    }

    // ---- versions and versionstamps ----

    @Test
    void putsTheVersionstampOfTheCommitIntoKeysAndValues() {
        try (Transaction transaction = database.createTransaction()) {
            byte[] key = Tuple.from("log", Versionstamp.incomplete(7)).packWithVersionstamp();
            transaction.mutate(MutationType.SET_VERSIONSTAMPED_KEY, key, bytes("entry"));
            transaction.mutate(
                    MutationType.SET_VERSIONSTAMPED_VALUE,
                    K,
                    Tuple.from(Versionstamp.incomplete()).packWithVersionstamp());
            CompletableFuture<byte[]> stamp = transaction.getVersionstamp();
            assertThat(stamp).isNotDone();
            transaction.commit().join();
            Versionstamp complete = Versionstamp.complete(stamp.join());
            assertThat(Tuple.fromBytes(get(K)).getVersionstamp(0)).isEqualTo(complete);
            List<KeyValue> log =
                    database.read(
                            reader -> reader.getRange(Tuple.from("log").range()).asList().join());
            assertThat(log).hasSize(1);
            assertThat(Tuple.fromBytes(log.get(0).getKey()).getVersionstamp(1))
                    .isEqualTo(Versionstamp.complete(stamp.join(), 7));
            long version = ByteBuffer.wrap(stamp.join()).getLong();
            assertThat(version).isEqualTo(transaction.getCommittedVersion());
        }
    }

    @Test
    void refusesToReadWhatOnlyTheCommitWillKnowAndFailsTheCommitWithIt() {
        try (Transaction transaction = database.createTransaction()) {
            transaction.mutate(
                    MutationType.SET_VERSIONSTAMPED_KEY,
                    Tuple.from("log", Versionstamp.incomplete(7)).packWithVersionstamp(),
                    bytes("entry"));
            transaction.mutate(
                    MutationType.SET_VERSIONSTAMPED_VALUE,
                    K,
                    Tuple.from(Versionstamp.incomplete()).packWithVersionstamp());
            expect(1036, () -> transaction.get(K).join());
            expect(1036, () -> transaction.getRange(Tuple.from("log").range()).asList().join());
            assertThat(transaction.get(bytes("other")).join()).isNull();
            expect(1036, () -> transaction.commit().join());
        }
    }

    @Test
    void givesLaterCommitsGreaterVersions() {
        long last = 0;
        for (int i = 0; i < 20; i++) {
            try (Transaction transaction = database.createTransaction()) {
                transaction.set(K, bytes("" + i));
                long read = transaction.getReadVersion().join();
                transaction.commit().join();
                assertThat(read).isGreaterThanOrEqualTo(last);
                assertThat(transaction.getCommittedVersion()).isGreaterThan(read);
                last = transaction.getCommittedVersion();
            }
        }
    }

    @Test
    void answersMinusOneAndNoVersionstampForAReadOnlyTransaction() {
        try (Transaction transaction = database.createTransaction()) {
            CompletableFuture<byte[]> stamp = transaction.getVersionstamp();
            assertThat(transaction.get(K).join()).isNull();
            transaction.commit().join();
            assertThat(transaction.getCommittedVersion()).isEqualTo(-1);
            expect(2021, stamp::join);
        }
    }

    @Test
    void readsAnOldVersionAndRefusesOnesOutsideTheWindow() {
        set(K, bytes("1"));
        long old;
        try (Transaction transaction = database.createTransaction()) {
            old = transaction.getReadVersion().join();
        }
        set(K, bytes("2"));
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(old);
            assertThat(transaction.get(K).join()).isEqualTo(bytes("1"));
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(old - 10_000_000);
            expect(1007, () -> transaction.get(K).join());
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(old + 1_000_000_000);
            expect(1009, () -> transaction.get(K).join());
        }
    }

    @Test
    void keepsTheMetadataVersionToVersionstamps() {
        assertThat(get(METADATA_VERSION)).isNull();
        database.run(transaction -> {
            transaction.mutate(
                    MutationType.SET_VERSIONSTAMPED_VALUE, METADATA_VERSION, new byte[14]);
            return null;
        });
        assertThat(get(METADATA_VERSION)).hasSize(10);
        expect(2000, () -> set(METADATA_VERSION, bytes("x")));
    }

    // ---- limits and errors ----

    @Test
    void refusesKeysValuesAndTransactionsThatAreTooLarge() {
        expect(2102, () -> set(new byte[10_001], K));
        expect(2103, () -> set(K, new byte[100_001]));
        expect(
                2101,
                () ->
                        database.run(transaction -> {
                            for (int i = 0; i < 101; i++) {
                                transaction.set(bytes("k" + i), new byte[100_000]);
                            }
                            return null;
                        }));
        expect(
                2101,
                () ->
                        database.run(transaction -> {
                            transaction.options().setSizeLimit(1_000);
                            transaction.set(K, new byte[1_000]);
                            return null;
                        }));
        set(new byte[10_000], new byte[100_000]);
    }

    @Test
    void refusesSystemKeysWithoutTheOption() {
        byte[] key = {(byte) 0xff, 'x'};
        expect(2004, () -> set(key, K));
        expect(2004, () -> get(key));
        database.run(transaction -> {
            transaction.options().setAccessSystemKeys();
            transaction.set(key, K);
            return null;
        });
        byte[] read =
                database.read(transaction -> {
                    transaction.options().setReadSystemKeys();
                    return transaction.get(key).join();
                });
        assertThat(read).isEqualTo(K);
    }

    @Test
    void failsTheReadAndTheCommitAfterAWriteThatWasRefused() {
        try (Transaction transaction = database.createTransaction()) {
            transaction.clear(bytes("b"), bytes("a"));
            expect(2005, () -> transaction.get(K).join());
            expect(2005, () -> transaction.commit().join());
        }
    }

    @Test
    void stopsRetryingAtTheRetryLimit() {
        int[] attempts = {0};
        expect(
                1020,
                () ->
                        database.run(transaction -> {
                            attempts[0]++;
                            transaction.options().setRetryLimit(2);
                            transaction.options().setMaxRetryDelay(1);
                            throw new EmbeddedFdbException("conflict", 1020);
                        }));
        assertThat(attempts[0]).isEqualTo(3);
    }

    @Test
    void endsATransactionAtItsTimeLimit() {
        try (Transaction transaction = database.createTransaction()) {
            assertThat(transaction.get(K).join()).isNull();
            CompletableFuture<byte[]> stamp = transaction.getVersionstamp();
            transaction.options().setTimeout(1);
            expect(1031, () -> stamp.orTimeout(10, TimeUnit.SECONDS).join());
            expect(1031, () -> transaction.get(K).join());
            expect(1031, () -> transaction.commit().join());
        }
    }

    @Test
    void endsEverythingOnCancelAndHandsOverOnError() {
        Transaction first = database.createTransaction();
        first.cancel();
        expect(1025, () -> first.get(K).join());
        first.close();
        Transaction second = database.createTransaction();
        second.set(K, bytes("dropped"));
        FDBException conflict = new EmbeddedFdbException("conflict", 1020);
        try (Transaction third = second.onError(conflict).join()) {
            assertThatThrownBy(() -> second.get(K)).isInstanceOf(IllegalStateException.class);
            assertThat(third.get(K).join()).isNull();
        }
        assertThatThrownBy(first::commit).isInstanceOf(IllegalStateException.class);
    }

    // ---- watches ----

    @Test
    void firesAWatchOnADurableChangeAndNotOnTheSameValue() {
        set(K, bytes("1"));
        CompletableFuture<Void> watch = database.run(transaction -> transaction.watch(K));
        set(K, bytes("1"));
        set(bytes("other"), bytes("1"));
        assertThat(watch).isNotDone();
        set(K, bytes("2"));
        watch.orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(database.watches()).isZero();
    }

    @Test
    void firesAWatchOnAClearedRange() {
        set(K, bytes("1"));
        CompletableFuture<Void> watch = database.run(transaction -> transaction.watch(K));
        database.run(transaction -> {
            transaction.clear(bytes("a"), bytes("z"));
            return null;
        });
        watch.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Test
    void dropsAWatchThatIsCancelledAndRefusesTooMany() {
        database.options().setMaxWatches(2);
        CompletableFuture<Void> first = database.run(transaction -> transaction.watch(K));
        CompletableFuture<Void> second = database.run(transaction -> transaction.watch(K));
        expect(
                1032,
                () ->
                        database.run(transaction -> transaction.watch(K))
                                .orTimeout(5, TimeUnit.SECONDS)
                                .join());
        first.cancel(true);
        assertThatThrownBy(first::join).isInstanceOf(CancellationException.class);
        assertThat(database.watches()).isEqualTo(1);
        second.cancel(true);
        assertThat(database.watches()).isZero();
    }

    @Test
    void failsTheWatchesOfATransactionThatDidNotCommit() {
        CompletableFuture<Void> watch;
        try (Transaction transaction = database.createTransaction()) {
            watch = transaction.watch(K);
        }
        expect(1025, () -> watch.orTimeout(10, TimeUnit.SECONDS).join());
    }

    // ---- ranges ----

    @Test
    void readsAMappedRange() {
        database.run(transaction -> {
            for (long i = 0; i < 5; i++) {
                transaction.set(Tuple.from("index", i).pack(), Tuple.from("id" + i).pack());
                transaction.set(Tuple.from("record", "id" + i, 0L).pack(), bytes("a" + i));
                transaction.set(Tuple.from("record", "id" + i, 1L).pack(), bytes("b" + i));
            }
            return null;
        });
        byte[] mapper = Tuple.from("record", "{V[0]}", "{...}").pack();
        List<MappedKeyValue> mapped =
                database.read(transaction ->
                        transaction
                                .getMappedRange(
                                        KeySelector.firstGreaterOrEqual(
                                                Tuple.from("index", 1L).pack()),
                                        KeySelector.firstGreaterOrEqual(
                                                Tuple.from("index", 3L).pack()),
                                        mapper,
                                        0,
                                        false,
                                        StreamingMode.WANT_ALL)
                                .asList()
                                .join());
        assertThat(mapped).hasSize(2);
        assertThat(mapped.get(0).getRangeResult())
                .extracting(KeyValue::getValue)
                .containsExactly(bytes("a1"), bytes("b1"));
        assertThat(mapped.get(1).getRangeBegin()).isEqualTo(Tuple.from("record", "id2").pack());
        expect(2030, () -> mapped(Tuple.from("{K[9]}").pack(), false));
        expect(2032, () -> mapped(Tuple.from("{...}", "x").pack(), false));
        expect(2039, () -> mapped(mapper, true));
    }

    private void mapped(byte[] mapper, boolean writesFirst) {
        database.run(transaction -> {
            if (writesFirst) {
                transaction.set(Tuple.from("record", "id1", 1L).pack(), K);
            }
            return transaction
                    .getMappedRange(
                            KeySelector.firstGreaterOrEqual(Tuple.from("index").pack()),
                            KeySelector.firstGreaterOrEqual(Tuple.from("index", 9L).pack()),
                            mapper,
                            0,
                            false,
                            StreamingMode.WANT_ALL)
                    .asList()
                    .join();
        });
    }

    @Test
    void estimatesSizesAndCutsRanges() {
        for (int part = 0; part < 10; part++) {
            int first = part;
            database.run(transaction -> {
                for (int i = 0; i < 10; i++) {
                    transaction.set(
                            bytes(String.format("row%02d", first * 10 + i)), new byte[10_000]);
                }
                return null;
            });
        }
        byte[] begin = bytes("row");
        byte[] end = bytes("rox");
        long estimate =
                database.read(
                        transaction -> transaction.getEstimatedRangeSizeBytes(begin, end).join());
        assertThat(estimate).isBetween(300_000L, 3_000_000L);
        Object points =
                database.read(
                        transaction -> transaction.getRangeSplitPoints(begin, end, 100_000).join());
        assertThat(points)
                .extracting("keys")
                .asInstanceOf(InstanceOfAssertFactories.LIST)
                .hasSizeBetween(10, 12);
    }

    @Test
    void namesTheWholeKeySpaceAsOneShard() {
        List<byte[]> boundaries =
                AsyncUtil.collectRemaining(
                                LocalityUtil.getBoundaryKeys(
                                        database, new byte[0], new byte[] {(byte) 0xff}))
                        .join();
        assertThat(boundaries).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void carriesTheDirectoryLayer() {
        DirectorySubspace users =
                new DirectoryLayer().createOrOpen(database, List.of("app", "users")).join();
        set(users.pack(Tuple.from("ann")), K);
        DirectorySubspace again =
                new DirectoryLayer().open(database, List.of("app", "users")).join();
        assertThat(get(again.pack(Tuple.from("ann")))).isEqualTo(K);
        assertThat(new DirectoryLayer().list(database, List.of("app")).join())
                .containsExactly("users");
    }

    @Test
    void tellsAnEventKeeperOfReads() {
        set(K, new byte[100]);
        MapEventKeeper keeper = new MapEventKeeper();
        try (Transaction transaction = database.createTransaction(database.getExecutor(), keeper)) {
            assertThat(transaction.get(K).join()).hasSize(100);
            assertThat(transaction.getRange(bytes("a"), bytes("z")).asList().join()).hasSize(1);
        }
        assertThat(keeper.getCount(EventKeeper.Events.BYTES_FETCHED)).isEqualTo(100 + 109);
        assertThat(keeper.getCount(EventKeeper.Events.RANGE_QUERY_RECORDS_FETCHED)).isEqualTo(1);
        assertThat(keeper.getCount(EventKeeper.Events.RANGE_QUERY_FETCHES)).isEqualTo(1);
    }

    // ---- special keys ----

    @Test
    void tellsItsStatusAsJson() {
        set(K, K);
        String status = new String(get(special("/status/json")), StandardCharsets.UTF_8);
        assertThat(status)
                .startsWith("{\"client\":")
                .contains("\"database_available\":true", "\"committed\":{\"counter\":1}");
        expect(2113, () -> get(special("/nothing/here")));
        expect(2114, () -> set(special("/status/json"), K));
    }

    @Test
    void tellsItsStatusInDigitsThatAreJsonWhateverTheLocale() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            String status = new String(get(special("/status/json")), StandardCharsets.UTF_8);
            assertThat(status).contains("\"committed\":{\"counter\":0}");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void namesTheKeysThatWereInConflict() {
        try (Transaction loser = database.createTransaction()) {
            loser.options().setReportConflictingKeys();
            assertThat(loser.get(K).join()).isNull();
            assertThat(loser.get(bytes("innocent")).join()).isNull();
            set(K, K);
            loser.set(bytes("other"), K);
            expect(1020, () -> loser.commit().join());
            byte[] prefix = special("/transaction/conflicting_keys/");
            List<KeyValue> named =
                    loser.getRange(prefix, ByteArrayUtil.strinc(prefix)).asList().join();
            assertThat(named)
                    .containsExactly(
                            new KeyValue(ByteArrayUtil.join(prefix, K), bytes("1")),
                            new KeyValue(ByteArrayUtil.join(prefix, K, new byte[1]), bytes("0")));
        }
    }

    @Test
    void refusesTenantsClearly() {
        assertThatThrownBy(() -> database.openTenant(bytes("t")))
                .isInstanceOf(FDBException.class)
                .hasMessageContaining("no tenants; use the directory layer");
    }
}
