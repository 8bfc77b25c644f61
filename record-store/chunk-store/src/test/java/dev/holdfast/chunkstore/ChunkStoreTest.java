package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The store as its callers see it, on a real HDFS. */
final class ChunkStoreTest {
    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(7);

    private static Placement get(CompletableFuture<Placement> answer) throws Exception {
        return answer.get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatIsAppendedReadsBack() throws Exception {
        ContentId content = chunks.content();
        Map<Sha256, byte[]> written = new LinkedHashMap<>();
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config(), rows)) {
            for (int length : new int[] {1, 63, 4_096, 100_000, 1 << 20, Limits.CHUNK_BYTES_MAX}) {
                for (byte[] bytes :
                        List.of(chunks.incompressible(length), chunks.compressible(length))) {
                    written.put(Chunks.hash(bytes), bytes);
                    assertThat(get(store.append(content, Chunks.hash(bytes), bytes)))
                            .isEqualTo(Placement.PLACED);
                }
            }
            for (Map.Entry<Sha256, byte[]> entry : written.entrySet()) {
                assertThat(store.read(entry.getKey(), rows.location(entry.getKey())))
                        .isEqualTo(entry.getValue());
            }
        }
        assertThat(rows.openPacks()).isEmpty();
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config(), rows)) {
            assertThat(store.stats().packsRecovered()).isZero();
        }
    }

    @Test
    void directBuffersAndSlicesAreStoredAsTheyRemain() throws Exception {
        byte[] bytes = chunks.incompressible(10_000);
        ByteBuffer direct = ByteBuffer.allocateDirect(10_010).position(5);
        direct.put(bytes).flip().position(5);
        byte[] other = chunks.incompressible(5_000);
        byte[] around = new byte[6_000];
        System.arraycopy(other, 0, around, 500, 5_000);
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config(), rows)) {
            get(store.append(chunks.content(), Chunks.hash(bytes), direct));
            get(
                    store.append(
                            chunks.content(),
                            Chunks.hash(other),
                            ByteBuffer.wrap(around, 500, 5_000)));
            assertThat(direct.position()).isEqualTo(5);
            assertThat(store.read(Chunks.hash(bytes), rows.location(Chunks.hash(bytes))))
                    .isEqualTo(bytes);
            assertThat(store.read(Chunks.hash(other), rows.location(Chunks.hash(other))))
                    .isEqualTo(other);
        }
    }

    @Test
    void onlyWhatSavesFivePercentIsCompressed() throws Exception {
        byte[] plain = chunks.incompressible(1 << 20);
        byte[] text = chunks.compressible(1 << 20);
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config(), rows)) {
            get(store.append(chunks.content(), Chunks.hash(plain), plain));
            get(store.append(chunks.content(), Chunks.hash(text), text));
        }
        assertThat(rows.location(Chunks.hash(plain)).codec()).isEqualTo(ChunkCodec.PLAIN);
        assertThat(rows.location(Chunks.hash(plain)).storedLength()).isEqualTo(1 << 20);
        assertThat(rows.location(Chunks.hash(text)).codec()).isEqualTo(ChunkCodec.ZSTD);
        assertThat(rows.location(Chunks.hash(text)).storedLength()).isLessThan(1 << 19);
    }

    @Test
    void bytesThatAreNotTheChunkAreRefused() {
        byte[] bytes = chunks.incompressible(100);
        Sha256 wrong = Chunks.hash(chunks.incompressible(100));
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config(), rows)) {
            assertThatThrownBy(() -> store.append(chunks.content(), wrong, bytes))
                    .isInstanceOf(ChunkDigestException.class);
            assertThatThrownBy(() -> store.append(chunks.content(), wrong, new byte[0]))
                    .isInstanceOf(IllegalArgumentException.class);
            byte[] tooLong = new byte[Limits.CHUNK_BYTES_MAX + 1];
            assertThatThrownBy(() -> store.append(chunks.content(), wrong, tooLong))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(store.stats().bytesInFlight()).isZero();
        }
        assertThat(rows.packs()).isEmpty();
    }

    @Test
    void oneChunkForManyContentsAtOnceGivesEachItsReference() throws Exception {
        byte[] bytes = chunks.incompressible(200_000);
        Sha256 hash = Chunks.hash(bytes);
        List<ContentId> contents = new ArrayList<>();
        List<CompletableFuture<Placement>> answers = new ArrayList<>();
        ContentId gone = chunks.content();
        rows.closeContent(gone);
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config(), rows)) {
            CompletableFuture<Placement> refused = store.append(gone, hash, bytes);
            for (int index = 0; index < 150; index++) {
                contents.add(chunks.content());
                answers.add(store.append(contents.getLast(), hash, bytes));
            }
            for (CompletableFuture<Placement> answer : answers) {
                assertThat(get(answer)).isIn(Placement.PLACED, Placement.ALREADY_STORED);
            }
            assertThat(get(refused)).isEqualTo(Placement.CONTENT_NOT_OPEN);
            assertThat(store.stats().recordsWritten()).isLessThan(20);
            assertThat(store.read(hash, rows.location(hash))).isEqualTo(bytes);
            assertThat(store.stats().bytesInFlight()).isZero();
        }
        for (ContentId content : contents) {
            assertThat(rows.has(content, hash)).isTrue();
        }
        assertThat(rows.has(gone, hash)).isFalse();
    }

    @Test
    void whatWaitsTogetherSharesOneSync() throws Exception {
        List<CompletableFuture<Placement>> answers = new ArrayList<>();
        ContentId content = chunks.content();
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config().withOpenPacks(1), rows)) {
            for (int index = 0; index < 2_000; index++) {
                byte[] bytes = chunks.incompressible(1_000);
                answers.add(store.append(content, Chunks.hash(bytes), bytes));
            }
            for (CompletableFuture<Placement> answer : answers) {
                assertThat(get(answer)).isEqualTo(Placement.PLACED);
            }
            assertThat(store.stats().groups()).isLessThan(400);
            assertThat(store.stats().recordsWritten()).isEqualTo(2_000);
        }
    }

    @Test
    void aFullPackIsSealedWithItsContentsAndAnotherBegun() throws Exception {
        ChunkStoreConfig config = SharedHdfs.config().withPackBytesMax(2L << 20).withOpenPacks(1);
        List<StoredChunk> stored = new ArrayList<>();
        List<byte[]> written = new ArrayList<>();
        try (ChunkStore store = SharedHdfs.open(config, rows)) {
            for (int index = 0; index < 10; index++) {
                byte[] bytes = chunks.incompressible(700_000);
                written.add(bytes);
                get(store.append(chunks.content(), Chunks.hash(bytes), bytes));
                stored.add(new StoredChunk(Chunks.hash(bytes), rows.location(Chunks.hash(bytes))));
            }
            try (ChunkReads reads = store.read(stored)) {
                for (byte[] bytes : written) {
                    assertThat(reads.next()).isEqualTo(bytes);
                }
                assertThat(reads.hasNext()).isFalse();
            }
        }
        assertThat(rows.packs()).hasSizeGreaterThanOrEqualTo(4);
        assertThat(rows.openPacks()).isEmpty();
        rows.packs().values().forEach(row -> assertThat(row.sealedAt()).isGreaterThan(0));
    }

    @Test
    void aListOfChunksComesInOrderWhateverTheirPlaces() throws Exception {
        List<StoredChunk> stored = new ArrayList<>();
        List<byte[]> written = new ArrayList<>();
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config().withOpenPacks(3), rows)) {
            List<CompletableFuture<Placement>> answers = new ArrayList<>();
            for (int index = 0; index < 60; index++) {
                byte[] bytes = chunks.incompressible(1 + chunks.random().nextInt(600_000));
                written.add(bytes);
                answers.add(store.append(chunks.content(), Chunks.hash(bytes), bytes));
            }
            for (CompletableFuture<Placement> answer : answers) {
                get(answer);
            }
            for (byte[] bytes : written) {
                stored.add(new StoredChunk(Chunks.hash(bytes), rows.location(Chunks.hash(bytes))));
            }
            try (ChunkReads reads = store.read(stored)) {
                for (byte[] bytes : written) {
                    assertThat(reads.hasNext()).isTrue();
                    assertThat(reads.next()).isEqualTo(bytes);
                }
                assertThat(reads.hasNext()).isFalse();
                assertThatThrownBy(reads::next)
                        .isInstanceOf(java.util.NoSuchElementException.class);
            }
            store.read(stored).close();
        }
    }

    @Test
    void aChunkThatMovedIsFoundWhereItIsNow() throws Exception {
        byte[] bytes = chunks.incompressible(50_000);
        Sha256 hash = Chunks.hash(bytes);
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config(), rows)) {
            get(store.append(chunks.content(), hash, bytes));
            ChunkLocation now = rows.location(hash);
            ChunkLocation before =
                    new ChunkLocation(
                            dev.holdfast.model.PackId.random(chunks.random()),
                            64,
                            now.plainLength(),
                            now.storedLength(),
                            now.codec(),
                            0);
            assertThat(store.read(hash, before)).isEqualTo(bytes);
            rows.move(hash, before);
            assertThatThrownBy(() -> store.read(hash, before))
                    .isInstanceOf(ChunkLostException.class);
        }
    }

    @Test
    void anOpenPackIsReadWhileItGrows() throws Exception {
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config().withOpenPacks(1), rows)) {
            for (int index = 0; index < 20; index++) {
                byte[] bytes = chunks.incompressible(30_000);
                Sha256 hash = Chunks.hash(bytes);
                get(store.append(chunks.content(), hash, bytes));
                assertThat(store.read(hash, rows.location(hash))).isEqualTo(bytes);
            }
            assertThat(rows.packs()).hasSize(1);
        }
    }
}
