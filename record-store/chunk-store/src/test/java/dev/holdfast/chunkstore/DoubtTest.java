package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who asked is told of packs that a read found something wrong in, and of no other. */
final class DoubtTest {
    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(29);
    private final Set<PackId> doubted = ConcurrentHashMap.newKeySet();

    @Test
    void aPackOfWhichAReadWentWrongIsTold() throws Exception {
        byte[] bytes = chunks.incompressible(100_000);
        ChunkStoreConfig config = SharedHdfs.config();
        try (ChunkStore store = SharedHdfs.open(config, rows)) {
            store.append(chunks.content(), Sha256.hash(bytes), bytes).get(30, TimeUnit.SECONDS);
        }
        ChunkLocation at = rows.location(Sha256.hash(bytes));
        try (ChunkStore store = SharedHdfs.open(config, rows)) {
            store.onDoubt(doubted::add);
            assertThat(store.read(Sha256.hash(bytes), at)).isEqualTo(bytes);
            assertThat(doubted).as("a good read").isEmpty();
            Path block = BlockFiles.of(SharedHdfs.get(), 0, at.pack());
            BlockFiles.flip(block, at.offset() + PackFormat.RECORD_HEADER_BYTES + 9, true);
            assertThatThrownBy(() -> store.read(Sha256.hash(bytes), at))
                    .isInstanceOf(ChunkCorruptException.class);
            assertThat(doubted).containsExactly(at.pack());
        }
    }
}
