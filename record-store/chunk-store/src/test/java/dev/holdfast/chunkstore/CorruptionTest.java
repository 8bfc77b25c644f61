package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Bytes that went bad on the DataNode's disk are never delivered. */
final class CorruptionTest {
    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(23);

    /** Stores chunks, ends their pack and opens the store again. */
    private ChunkStore stored(ChunkStoreConfig config, List<byte[]> written) throws Exception {
        try (ChunkStore store = SharedHdfs.open(config, rows)) {
            for (byte[] bytes : written) {
                store.append(chunks.content(), Sha256.hash(bytes), bytes).get(30, TimeUnit.SECONDS);
            }
        }
        return SharedHdfs.open(config, rows);
    }

    private ChunkLocation locate(byte[] bytes) {
        return rows.location(Sha256.hash(bytes));
    }

    private void flip(byte[] chunk, int inPayload, boolean fixChecksum) throws Exception {
        ChunkLocation location = locate(chunk);
        Path block = BlockFiles.of(SharedHdfs.get(), 0, location.pack());
        BlockFiles.flip(
                block, location.offset() + PackFormat.RECORD_HEADER_BYTES + inPayload, fixChecksum);
    }

    @Test
    void aFlippedBitThatHdfsNoticesIsCorrupt() throws Exception {
        byte[] bytes = chunks.incompressible(100_000);
        try (ChunkStore store = stored(SharedHdfs.config(), List.of(bytes))) {
            flip(bytes, 50_000, false);
            assertThatThrownBy(() -> store.read(Sha256.hash(bytes), locate(bytes)))
                    .isInstanceOf(ChunkCorruptException.class);
            assertThat(store.stats().chunksRefused()).isEqualTo(1);
        }
    }

    @Test
    void aFlippedBitThatHdfsBelievesIsCaughtByTheDigest() throws Exception {
        byte[] bytes = chunks.incompressible(100_000);
        try (ChunkStore store = stored(SharedHdfs.config(), List.of(bytes))) {
            assertThat(store.read(Sha256.hash(bytes), locate(bytes))).isEqualTo(bytes);
            flip(bytes, 50_000, true);
            assertThatThrownBy(() -> store.read(Sha256.hash(bytes), locate(bytes)))
                    .isInstanceOf(ChunkCorruptException.class)
                    .hasStackTraceContaining("the bytes are not the chunk");
        }
    }

    @Test
    void aFlippedBitInACompressedChunkIsCaught() throws Exception {
        byte[] bytes = chunks.compressible(100_000);
        try (ChunkStore store = stored(SharedHdfs.config(), List.of(bytes))) {
            assertThat(locate(bytes).codec()).isEqualTo(ChunkCodec.ZSTD);
            flip(bytes, 2_000, true);
            assertThatThrownBy(() -> store.read(Sha256.hash(bytes), locate(bytes)))
                    .isInstanceOf(ChunkCorruptException.class);
        }
    }

    @Test
    void aFlippedBitInARecordHeaderIsCaught() throws Exception {
        byte[] bytes = chunks.incompressible(10_000);
        try (ChunkStore store = stored(SharedHdfs.config(), List.of(bytes))) {
            flip(bytes, -40, true);
            assertThatThrownBy(() -> store.read(Sha256.hash(bytes), locate(bytes)))
                    .isInstanceOf(ChunkCorruptException.class);
        }
    }

    @Test
    void oneBadChunkInAListHidesNoOther() throws Exception {
        List<byte[]> written = new ArrayList<>();
        for (int index = 0; index < 10; index++) {
            written.add(chunks.incompressible(20_000));
        }
        ChunkStoreConfig config = SharedHdfs.config().withOpenPacks(1);
        try (ChunkStore store = stored(config, written)) {
            flip(written.get(4), 100, true);
            List<StoredChunk> list = new ArrayList<>();
            written.forEach(bytes -> list.add(new StoredChunk(Sha256.hash(bytes), locate(bytes))));
            try (ChunkReads reads = store.read(list)) {
                for (int index = 0; index < 10; index++) {
                    if (index == 4) {
                        assertThatThrownBy(reads::next).isInstanceOf(ChunkCorruptException.class);
                    } else {
                        assertThat(reads.next()).isEqualTo(written.get(index));
                    }
                }
            }
        }
    }

    @Test
    void onlyTheChunksAskedForAreLookedAt() throws Exception {
        List<byte[]> written = new ArrayList<>();
        for (int index = 0; index < 5; index++) {
            written.add(chunks.compressible(20_000));
        }
        try (ChunkStore store = stored(SharedHdfs.config().withOpenPacks(1), written)) {
            // It lies between two that are read with one read, and is none of theirs.
            flip(written.get(2), 100, true);
            List<StoredChunk> list = new ArrayList<>();
            for (int index : new int[] {1, 3}) {
                byte[] bytes = written.get(index);
                list.add(new StoredChunk(Sha256.hash(bytes), locate(bytes)));
            }
            try (ChunkReads reads = store.read(list)) {
                assertThat(reads.next()).isEqualTo(written.get(1));
                assertThat(reads.next()).isEqualTo(written.get(3));
                assertThat(reads.hasNext()).isFalse();
            }
            assertThat(store.stats().chunksRead()).isEqualTo(2);
            assertThat(store.stats().bytesRead()).isEqualTo(40_000);
            assertThat(store.stats().chunksRefused()).isZero();
        }
    }

    @Test
    void aChunkBeyondTheEndOfItsPackIsLost() throws Exception {
        byte[] bytes = chunks.incompressible(10_000);
        try (ChunkStore store = stored(SharedHdfs.config(), List.of(bytes))) {
            ChunkLocation at = locate(bytes);
            ChunkLocation beyond =
                    new ChunkLocation(
                            at.pack(),
                            1 << 20,
                            at.plainLength(),
                            at.storedLength(),
                            at.codec(),
                            at.generation());
            rows.move(Sha256.hash(bytes), beyond);
            assertThatThrownBy(() -> store.read(Sha256.hash(bytes), beyond))
                    .isInstanceOf(ChunkLostException.class);
        }
    }

    @Test
    void aRowThatPointsAtAnotherChunkIsNotBelieved() throws Exception {
        byte[] one = chunks.incompressible(10_000);
        byte[] two = chunks.incompressible(10_000);
        try (ChunkStore store = stored(SharedHdfs.config().withOpenPacks(1), List.of(one, two))) {
            rows.move(Sha256.hash(one), locate(two));
            assertThatThrownBy(() -> store.read(Sha256.hash(one), locate(two)))
                    .isInstanceOf(ChunkCorruptException.class);
        }
    }

    @Test
    void aTruncatedBlockIsNeverPaddedWithAnything() throws Exception {
        byte[] bytes = chunks.incompressible(100_000);
        try (ChunkStore store = stored(SharedHdfs.config(), List.of(bytes))) {
            Path block = BlockFiles.of(SharedHdfs.get(), 0, locate(bytes).pack());
            byte[] cut = java.util.Arrays.copyOf(Files.readAllBytes(block), 40_000);
            Files.write(block, cut);
            assertThatThrownBy(() -> store.read(Sha256.hash(bytes), locate(bytes)))
                    .isInstanceOf(ChunkStoreException.class);
        }
    }
}
