package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The writer when files and rows fail: what was acknowledged is there, everything is answered. */
final class PackLaneTest {
    private static final int SEEDS = 60;

    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(11);

    private static ChunkStoreConfig config() {
        return ChunkStoreConfig.forEmbedded(1)
                .withPackBytesMax(256L << 10)
                .withOpenPacks(1)
                .withFailurePause(Duration.ZERO);
    }

    private static FaultyFiles sound() {
        return new FaultyFiles(call -> null, pack -> 1);
    }

    /** Fails the calls of one kind whose number, from 1, is in the list. */
    private static FaultyFiles failing(FaultyFiles.Call kind, Integer... numbers) {
        AtomicInteger count = new AtomicInteger();
        return new FaultyFiles(
                call ->
                        call == kind && List.of(numbers).contains(count.incrementAndGet())
                                ? new IOException("told to fail")
                                : null,
                pack -> 1);
    }

    private ChunkStore open(FaultyFiles files, ChunkStoreConfig config) {
        return ChunkStore.over(files, rows, config, Clock.systemUTC());
    }

    private CompletableFuture<Placement> append(ChunkStore store, byte[] bytes) {
        return store.append(chunks.content(), Sha256.hash(bytes), bytes);
    }

    private static Placement get(CompletableFuture<Placement> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS);
    }

    @Test
    void aFailedSyncMovesItsRecordsToAnotherPack() throws Exception {
        byte[] first = chunks.incompressible(5_000);
        byte[] second = chunks.incompressible(5_000);
        try (ChunkStore store = open(failing(FaultyFiles.Call.SYNC, 2), config())) {
            assertThat(get(append(store, first))).isEqualTo(Placement.PLACED);
            assertThat(get(append(store, second))).isEqualTo(Placement.PLACED);
            PackId before = rows.location(Sha256.hash(first)).pack();
            assertThat(rows.location(Sha256.hash(second)).pack()).isNotEqualTo(before);
            assertThat(store.read(Sha256.hash(first), rows.location(Sha256.hash(first))))
                    .isEqualTo(first);
            assertThat(store.read(Sha256.hash(second), rows.location(Sha256.hash(second))))
                    .isEqualTo(second);
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    /** Where one process is the only writer, no janitor comes by before the next start. */
    @Test
    void aPackWhoseSealFailsIsSealedWhenTheRowsAnswerAgain() throws Exception {
        try (ChunkStore store = open(sound(), config())) {
            assertThat(get(append(store, chunks.incompressible(100)))).isEqualTo(Placement.PLACED);
            rows.failNextSeal(new IllegalStateException("told to fail"));
            store.endOpenPacks();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (!rows.openPacks().isEmpty() && System.nanoTime() < deadline) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
            assertThat(rows.openPacks()).isEmpty();
        }
    }

    @Test
    void tooFewReplicasAcknowledgeNothing() throws Exception {
        FaultyFiles files = new FaultyFiles(call -> null, pack -> 1);
        ChunkStoreConfig config = config().withReplication(3, 2);
        try (ChunkStore store = open(files, config)) {
            assertThatThrownBy(() -> get(append(store, chunks.incompressible(100))))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(StorageUnavailableException.class)
                    .hasMessageContaining("only 1 DataNodes hold the records, 2 are required");
            assertThat(store.stats().recordsWritten()).isZero();
            assertThat(store.stats().bytesInFlight()).isZero();
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    @Test
    void aFullDiskIsToldFromABrokenOne() throws Exception {
        FaultyFiles files = failing(FaultyFiles.Call.CREATE, 1, 2, 3, 4);
        files.fill();
        try (ChunkStore store = open(files, config())) {
            assertThatThrownBy(() -> get(append(store, chunks.incompressible(100))))
                    .hasCauseInstanceOf(StorageFullException.class);
            assertThat(get(append(store, chunks.incompressible(100)))).isEqualTo(Placement.PLACED);
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    @Test
    void aZombieWriterIsRejectedAndWritesElsewhere() throws Exception {
        byte[] first = chunks.incompressible(5_000);
        byte[] second = chunks.incompressible(5_000);
        try (ChunkStore store = open(sound(), config())) {
            get(append(store, first));
            PackId taken = rows.location(Sha256.hash(first)).pack();
            PackWriterLease other = rows.raiseEpoch(taken);
            assertThat(get(append(store, second))).isEqualTo(Placement.PLACED);
            assertThat(rows.location(Sha256.hash(second)).pack()).isNotEqualTo(taken);
            rows.sealPack(other, 1 << 20);
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    @Test
    void rowsThatFailAreReportedAndTheNextTryWorks() throws Exception {
        byte[] bytes = chunks.incompressible(5_000);
        try (ChunkStore store = open(sound(), config())) {
            rows.failNextPlace(new IllegalStateException("the database is away"));
            assertThatThrownBy(() -> get(append(store, bytes)))
                    .hasCauseInstanceOf(StorageUnavailableException.class);
            assertThat(get(append(store, bytes))).isEqualTo(Placement.PLACED);
        }
    }

    @Test
    void aPackIsSealedWhenItIsOldThoughNotFull() throws Exception {
        CountDownLatch sealed = new CountDownLatch(1);
        FaultyFiles files =
                new FaultyFiles(
                        call -> {
                            if (call == FaultyFiles.Call.CLOSE) {
                                sealed.countDown();
                            }
                            return null;
                        },
                        pack -> 1);
        try (ChunkStore store = open(files, config().withPackAgeMax(Duration.ofMillis(200)))) {
            get(append(store, chunks.incompressible(100)));
            assertThat(sealed.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Mutated once: without the check nothing ended the pack. */
    @Test
    void anIdlePackThatLostItsCopiesIsEnded() throws Exception {
        CountDownLatch recovered = new CountDownLatch(1);
        AtomicInteger syncs = new AtomicInteger();
        FaultyFiles files =
                new FaultyFiles(
                        call -> {
                            if (call == FaultyFiles.Call.RECOVER) {
                                recovered.countDown();
                            }
                            return call == FaultyFiles.Call.SYNC && syncs.incrementAndGet() == 3
                                    ? new IOException("all DataNodes are bad")
                                    : null;
                        },
                        pack -> 1);
        byte[] bytes = chunks.incompressible(1_000);
        try (ChunkStore store = open(files, config().withIdleCheck(Duration.ofMillis(20)))) {
            get(append(store, bytes));
            assertThat(recovered.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(store.read(Sha256.hash(bytes), rows.location(Sha256.hash(bytes))))
                    .isEqualTo(bytes);
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    @Test
    void beyondItsBudgetAppendWaitsAndThenRefuses() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        FaultyFiles files =
                new FaultyFiles(
                        call -> {
                            if (call == FaultyFiles.Call.SYNC) {
                                awaitQuietly(release);
                            }
                            return null;
                        },
                        pack -> 1);
        ChunkStoreConfig config =
                config().withBytesInFlightMax(8L << 20).withAppendWaitMax(Duration.ofMillis(100));
        try (ChunkStore store = open(files, config)) {
            List<CompletableFuture<Placement>> answers = new ArrayList<>();
            for (int index = 0; index < 8; index++) {
                answers.add(append(store, chunks.incompressible(1 << 20)));
            }
            assertThatThrownBy(() -> append(store, chunks.incompressible(1 << 20)))
                    .isInstanceOf(StorageUnavailableException.class);
            assertThat(store.stats().bytesInFlight()).isEqualTo(8L << 20);
            release.countDown();
            for (CompletableFuture<Placement> answer : answers) {
                assertThat(get(answer)).isEqualTo(Placement.PLACED);
            }
            assertThat(store.stats().bytesInFlight()).isZero();
        }
    }

    /** Mutated once: without the limit the answer did not come before the sync did. */
    @Test
    void anHdfsThatNeitherAnswersNorFailsKeepsNobodyWaiting() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        FaultyFiles files =
                new FaultyFiles(
                        call -> {
                            if (call == FaultyFiles.Call.SYNC) {
                                awaitQuietly(release);
                            }
                            return null;
                        },
                        pack -> 1);
        ChunkStoreConfig config = config().withAnswerWaitMax(Duration.ofMillis(100));
        byte[] bytes = chunks.incompressible(1 << 20);
        try (ChunkStore store = open(files, config)) {
            CompletableFuture<Placement> answer = append(store, bytes);
            assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(StorageUnavailableException.class)
                    .hasMessageContaining("takes too long");
            // The record is still on its way, and its bytes still count.
            assertThat(store.stats().bytesInFlight()).isEqualTo(1 << 20);
            release.countDown();
        }
        assertThat(rows.location(Sha256.hash(bytes)).plainLength()).isEqualTo(1 << 20);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("the test did not go on");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void theJanitorFencesFirstAndSealsAtTheRecoveredLength() throws Exception {
        byte[] bytes = chunks.incompressible(5_000);
        FaultyFiles files = sound();
        ChunkStore dead = open(files, config());
        get(append(dead, bytes));
        PackId pack = rows.location(Sha256.hash(bytes)).pack();
        try (ChunkStore next = open(files, config())) {
            assertThat(next.stats().packsRecovered()).isEqualTo(1);
            assertThat(rows.openPacks()).isEmpty();
            assertThat(packRow(pack).sealedAt())
                    .isGreaterThanOrEqualTo(PackReader.end(rows.location(Sha256.hash(bytes))));
            assertThat(packRow(pack).epoch()).isEqualTo(2);
            assertThat(next.read(Sha256.hash(bytes), rows.location(Sha256.hash(bytes))))
                    .isEqualTo(bytes);
            byte[] late = chunks.incompressible(3_000);
            assertThat(get(append(dead, late))).isEqualTo(Placement.PLACED);
            assertThat(rows.location(Sha256.hash(late)).pack()).isNotEqualTo(pack);
        }
        dead.close();
        assertThat(rows.openPacks()).isEmpty();
    }

    private MemoryChunkRows.PackRow packRow(PackId pack) {
        MemoryChunkRows.PackRow row = rows.packs().get(pack);
        if (row == null) {
            throw new AssertionError("no row for " + pack);
        }
        return row;
    }

    @Test
    void theJanitorOfASharedCellLeavesYoungPacksAlone() throws Exception {
        FaultyFiles files = sound();
        ChunkStoreConfig shared = config().withSoleWriter(false);
        byte[] bytes = chunks.incompressible(5_000);
        try (ChunkStore other = open(files, shared)) {
            get(append(other, bytes));
            try (ChunkStore store = open(files, shared)) {
                assertThat(store.stats().packsRecovered()).isZero();
            }
        }
    }

    @Test
    void whateverFailsEveryAppendIsAnsweredAndNothingAcknowledgedIsMissing() throws Exception {
        long first = Long.getLong("holdfast.seed", System.nanoTime());
        int seeds = System.getProperty("holdfast.seed") == null ? SEEDS : 1;
        for (long seed = first; seed < first + seeds; seed++) {
            try {
                storm(seed);
            } catch (AssertionError | Exception e) {
                throw new AssertionError("replay: -Dtest=PackLaneTest -Dholdfast.seed=" + seed, e);
            }
        }
    }

    private static void storm(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        SplittableRandom faultRandom = random.split();
        int oneIn = 2 + random.nextInt(20);
        FaultyFiles files = new FaultyFiles(call -> fault(call, faultRandom, oneIn), pack -> 1);
        MemoryChunkRows rows = new MemoryChunkRows();
        Chunks chunks = new Chunks(random.split());
        Map<Sha256, byte[]> written = new HashMap<>();
        Map<Sha256, CompletableFuture<Placement>> answers = new HashMap<>();
        ChunkStoreConfig config =
                config().withOpenPacks(1 + random.nextInt(3)).withGroup(64 << 10, 16);
        try (ChunkStore store = ChunkStore.over(files, rows, config, Clock.systemUTC())) {
            for (int index = 0; index < 200; index++) {
                byte[] bytes = chunks.incompressible(1 + random.nextInt(8_000));
                written.put(Sha256.hash(bytes), bytes);
                answers.put(
                        Sha256.hash(bytes),
                        store.append(chunks.content(), Sha256.hash(bytes), bytes));
            }
        }
        int placed = 0;
        try (ChunkStore reader = ChunkStore.over(files, rows, config, Clock.systemUTC())) {
            for (Map.Entry<Sha256, CompletableFuture<Placement>> entry : answers.entrySet()) {
                assertThat(entry.getValue()).isDone();
                if (!entry.getValue().isCompletedExceptionally()) {
                    placed++;
                    Sha256 hash = entry.getKey();
                    assertThat(reader.read(hash, rows.location(hash))).isEqualTo(written.get(hash));
                }
            }
            assertThat(reader.stats().bytesInFlight()).isZero();
        }
        assertThat(placed + failed(answers)).isEqualTo(200);
    }

    private static @Nullable IOException fault(
            FaultyFiles.Call call, SplittableRandom random, int oneIn) {
        // Writes are many and short: one in ten of the others' rate.
        int odds = call == FaultyFiles.Call.WRITE ? oneIn * 10 : oneIn;
        synchronized (random) {
            return random.nextInt(odds) == 0 ? new IOException("a storm") : null;
        }
    }

    private static long failed(Map<Sha256, CompletableFuture<Placement>> answers) {
        return answers.values().stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .count();
    }
}
