package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.VerifyFailure.Cause;
import dev.holdfast.chunkstore.VerifyFailure.Path;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.apache.hadoop.fs.ChecksumException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every number the store tells about itself, beside what was done to it. */
final class StoreStatsTest {
    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(59);
    private final CountDownLatch syncing = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicBoolean holding = new AtomicBoolean();
    private final FaultyFiles files = new FaultyFiles(this::hold, pack -> 1);

    private @Nullable IOException hold(FaultyFiles.Call call) {
        if (call == FaultyFiles.Call.SYNC && holding.getAndSet(false)) {
            syncing.countDown();
            try {
                assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                return new IOException("interrupted", e);
            }
        }
        return null;
    }

    private ChunkStore open(int copies) {
        ChunkStoreConfig config =
                ChunkStoreConfig.forEmbedded(1).withOpenPacks(1).withReplication(copies, 1);
        return ChunkStore.over(files, rows, config, Clock.systemUTC());
    }

    private CompletableFuture<Placement> append(ChunkStore store, byte[] bytes) {
        return store.append(chunks.content(), Sha256.hash(bytes), bytes);
    }

    private byte[] stored(ChunkStore store, byte[] bytes) throws Exception {
        assertThat(append(store, bytes).get(30, TimeUnit.SECONDS)).isEqualTo(Placement.PLACED);
        return bytes;
    }

    private byte[] read(ChunkStore store, byte[] bytes) {
        return store.read(Sha256.hash(bytes), rows.location(Sha256.hash(bytes)));
    }

    /** The first group is held in its sync until five more records wait, which go together. */
    @Test
    void writesAreCountedByRecordByGroupAndByTime() throws Exception {
        long began = System.nanoTime();
        holding.set(true);
        ChunkStore store = open(1);
        List<CompletableFuture<Placement>> answers = new ArrayList<>();
        answers.add(append(store, chunks.incompressible(1_000)));
        assertThat(syncing.await(30, TimeUnit.SECONDS)).isTrue();
        long held = System.nanoTime();
        for (int index = 0; index < 4; index++) {
            answers.add(append(store, chunks.incompressible(1_000)));
        }
        byte[] text = chunks.compressible(100_000);
        answers.add(append(store, text));
        assertThat(store.stats().bytesInFlight()).isPositive();
        held = System.nanoTime() - held;
        release.countDown();
        for (CompletableFuture<Placement> answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(Placement.PLACED);
        }
        store.close();
        double total = (System.nanoTime() - began) / 1e9;
        ChunkStoreStats stats = store.stats();
        int stored = rows.location(Sha256.hash(text)).storedLength();
        assertThat(stats.recordsWritten()).isEqualTo(6);
        assertThat(stats.plainBytesWritten()).isEqualTo(105_000);
        assertThat(stored).isLessThan(50_000);
        assertThat(stats.storedBytesWritten()).isEqualTo(5_000 + stored);
        assertThat(stats.groups()).isEqualTo(2);
        // Up to one, two, four, eight: one group of one, one of five.
        assertThat(stats.groupRecords().counts().subList(0, 4)).containsExactly(1L, 0L, 0L, 1L);
        assertThat(stats.groupRecords().count()).isEqualTo(2);
        assertThat(stats.groupRecords().sum()).isEqualTo(6);
        assertThat(stats.syncSeconds().count()).isEqualTo(2);
        assertThat(stats.syncSeconds().sum()).isBetween(held / 1e9, total);
        assertThat(stats.writeSeconds().count()).isEqualTo(6);
        assertThat(stats.writeSeconds().sum()).isBetween(held / 1e9, 6 * total);
        assertThat(stats.readSeconds().count()).isZero();
        assertThat(stats.packsBegun()).isEqualTo(1);
        assertThat(stats.packsSealed()).isEqualTo(1);
        assertThat(stats.packsAbandoned()).isZero();
        assertThat(stats.underReplicatedAcks()).isZero();
        assertThat(stats.bytesInFlight()).isZero();
        assertThat(stats.verifyFailures()).isEmpty();
    }

    @Test
    void readsAreCountedByChunkAndByRun() throws Exception {
        ChunkStore store = open(1);
        List<StoredChunk> list = new ArrayList<>();
        for (int index = 0; index < 3; index++) {
            Sha256 hash = Sha256.hash(stored(store, chunks.incompressible(2_000)));
            list.add(new StoredChunk(hash, rows.location(hash)));
        }
        store.read(list.getFirst().hash(), list.getFirst().location());
        ChunkStoreStats one = store.stats();
        assertThat(one.chunksRead()).isEqualTo(1);
        assertThat(one.bytesRead()).isEqualTo(2_000);
        assertThat(one.readSeconds().count()).isEqualTo(1);
        assertThat(one.readSeconds().sum()).isPositive();
        assertThat(one.openStreams()).isEqualTo(1);
        try (ChunkReads reads = store.read(list)) {
            while (reads.hasNext()) {
                assertThat(reads.next()).hasSize(2_000);
            }
        }
        store.close();
        ChunkStoreStats stats = store.stats();
        assertThat(stats.chunksRead()).isEqualTo(4);
        assertThat(stats.bytesRead()).isEqualTo(8_000);
        assertThat(stats.readSeconds().count()).as("the three lie side by side").isEqualTo(2);
        assertThat(stats.chunksRefused()).isZero();
    }

    /** Twice as HDFS gives them, the second time on a fresh stream, and once from each copy. */
    private void refused(byte[] bytes, UnaryOperator<byte[]> damage, Cause cause) throws Exception {
        try (ChunkStore store = open(1)) {
            stored(store, bytes);
            files.damage(damage);
            assertThatThrownBy(() -> read(store, bytes)).isInstanceOf(ChunkStoreException.class);
            assertThat(store.stats().verifyFailures())
                    .isEqualTo(
                            Map.of(
                                    new VerifyFailure(Path.READ, cause), 2L,
                                    new VerifyFailure(Path.REPLICA, cause), 1L));
            assertThat(store.stats().chunksRefused()).isEqualTo(1);
            assertThat(store.stats().chunksRead()).isZero();
            assertThat(store.stats().readSeconds().count()).isEqualTo(1);
        }
    }

    private static UnaryOperator<byte[]> flip(int at) {
        return bytes -> {
            byte[] changed = bytes.clone();
            changed[PackFormat.FILE_HEADER_BYTES + at] ^= 1;
            return changed;
        };
    }

    @Test
    void aDamagedHeaderCountsAsTheRecord() throws Exception {
        refused(chunks.incompressible(500), flip(20), Cause.RECORD);
    }

    @Test
    void bytesThatDoNotDecompressCountAsThePayload() throws Exception {
        // The first byte of what zstd begins with.
        refused(chunks.compressible(5_000), flip(PackFormat.RECORD_HEADER_BYTES), Cause.PAYLOAD);
    }

    @Test
    void otherBytesCountAsTheDigest() throws Exception {
        refused(
                chunks.incompressible(500),
                flip(PackFormat.RECORD_HEADER_BYTES + 100),
                Cause.DIGEST);
    }

    @Test
    void aFileThatEndsTooSoonCountsAsCut() throws Exception {
        refused(
                chunks.incompressible(500),
                bytes -> Arrays.copyOf(bytes, PackFormat.FILE_HEADER_BYTES + 200),
                Cause.CUT);
    }

    @Test
    void whatHdfsNoticesCountsAsItsChecksum() throws Exception {
        files.failReads(new ChecksumException("planted", 0));
        refused(chunks.incompressible(500), UnaryOperator.identity(), Cause.CHECKSUM);
    }

    @Test
    void whatIsSentWrongCountsAsTheUpload() {
        try (ChunkStore store = open(1)) {
            Sha256 other = Sha256.hash(chunks.incompressible(10));
            byte[] bytes = chunks.incompressible(10);
            assertThatThrownBy(() -> store.append(chunks.content(), other, bytes))
                    .isInstanceOf(ChunkDigestException.class);
            assertThat(store.stats().verifyFailures())
                    .isEqualTo(Map.of(new VerifyFailure(Path.UPLOAD, Cause.DIGEST), 1L));
            assertThat(store.stats().recordsWritten()).isZero();
        }
    }

    @Test
    void fewerCopiesThanMeantAreCountedByGroup() throws Exception {
        ChunkStore store = open(2);
        stored(store, chunks.incompressible(10));
        stored(store, chunks.incompressible(10));
        store.close();
        assertThat(store.stats().groups()).isEqualTo(2);
        assertThat(store.stats().underReplicatedAcks()).isEqualTo(2);
    }

    @Test
    void aValueOnABoundBelongsBelowIt() {
        Tally tally = Tally.ofSizes();
        for (double value : new double[] {0, 1, 1.5, 2, 256, 257}) {
            tally.observe(value);
        }
        Distribution seen = tally.snapshot();
        assertThat(seen.counts()).containsExactly(2L, 2L, 0L, 0L, 0L, 0L, 0L, 0L, 1L, 1L);
        assertThat(seen.sum()).isEqualTo(517.5);
        Tally times = Tally.ofSeconds();
        times.observeNanos(TimeUnit.MILLISECONDS.toNanos(2));
        assertThat(times.snapshot().sum()).isEqualTo(0.002);
        assertThat(times.snapshot().counts().get(1)).isEqualTo(1);
    }
}
