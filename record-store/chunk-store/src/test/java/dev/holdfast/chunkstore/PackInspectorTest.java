package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Packs explain themselves: no row is needed to know what they hold. */
final class PackInspectorTest {
    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(31);

    private List<byte[]> write(ChunkStore store, int count) throws Exception {
        List<byte[]> written = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            byte[] bytes =
                    index % 2 == 0
                            ? chunks.incompressible(1 + chunks.random().nextInt(200_000))
                            : chunks.compressible(1 + chunks.random().nextInt(200_000));
            written.add(bytes);
            store.append(chunks.content(), Sha256.hash(bytes), bytes).get(30, TimeUnit.SECONDS);
        }
        return written;
    }

    @Test
    void everyRowCanBeRebuiltFromPacksAlone() throws Exception {
        ChunkStoreConfig config = SharedHdfs.config().withPackBytesMax(1L << 20);
        List<byte[]> written;
        try (ChunkStore store = SharedHdfs.open(config, rows)) {
            written = write(store, 30);
        }
        MemoryChunkRows empty = new MemoryChunkRows();
        try (ChunkStore store = SharedHdfs.open(config, empty)) {
            Map<Sha256, ChunkLocation> rebuilt = new HashMap<>();
            List<PackFile> packs = new ArrayList<>();
            store.listPacks(packs::add);
            assertThat(packs).extracting(PackFile::pack).containsAll(rows.packs().keySet());
            for (PackFile pack : packs) {
                for (PackReport.Entry entry : store.inspect(pack.pack(), false).records()) {
                    rebuilt.put(
                            entry.hash(),
                            new ChunkLocation(
                                    pack.pack(),
                                    entry.offset(),
                                    entry.plainLength(),
                                    entry.storedLength(),
                                    entry.codec(),
                                    1));
                }
            }
            for (byte[] bytes : written) {
                Sha256 hash = Sha256.hash(bytes);
                assertThat(rebuilt).containsEntry(hash, rows.location(hash));
                ChunkLocation location = rebuilt.get(hash);
                if (location != null) {
                    assertThat(store.read(hash, location)).isEqualTo(bytes);
                }
            }
        }
    }

    @Test
    void anOpenPackIsReadByItsRecordsAndABadOneIsNamed() throws Exception {
        try (ChunkStore store = SharedHdfs.open(SharedHdfs.config().withOpenPacks(1), rows)) {
            List<byte[]> written = write(store, 6);
            ChunkLocation third = rows.location(Sha256.hash(written.get(2)));
            PackReport open = store.inspect(third.pack(), true);
            assertThat(open.finished()).isFalse();
            assertThat(open.records())
                    .extracting(PackReport.Entry::health)
                    .containsOnly(PackReport.Health.GOOD)
                    .hasSize(6);
            BlockFiles.flip(
                    BlockFiles.of(SharedHdfs.get(), 0, third.pack()),
                    third.offset() + PackFormat.RECORD_HEADER_BYTES,
                    true);
            PackReport bad = store.inspect(third.pack(), true);
            assertThat(bad.records().get(2).health()).isEqualTo(PackReport.Health.BAD);
            assertThat(bad.records())
                    .filteredOn(entry -> entry.health() == PackReport.Health.GOOD)
                    .hasSize(5);
            assertThat(bad.lines().getFirst())
                    .contains(third.pack().toString(), "6 records", "without a table");
            assertThat(bad.lines()).anyMatch(line -> line.startsWith("damage: offset"));
            assertThatThrownBy(() -> store.inspect(PackId.random(chunks.random()), false))
                    .isInstanceOf(NoSuchElementException.class);
        }
    }
}
