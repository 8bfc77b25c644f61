package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Sha256;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A disk that really fills up. Runs where {@code -Dholdfast.small-disk=DIR} names an empty
 * directory on a file system of about 1 GiB, for instance a tmpfs of that size.
 */
@EnabledIfSystemProperty(named = "holdfast.small-disk", matches = ".+")
final class FullDiskTest {
    private static final int MIB = 1 << 20;
    private static final long LEFT_FREE = 20L * MIB;

    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(61);

    private byte[] store(ChunkStore store) throws Exception {
        byte[] bytes = chunks.incompressible(MIB);
        store.append(chunks.content(), Sha256.hash(bytes), bytes).get(120, TimeUnit.SECONDS);
        return bytes;
    }

    private byte[] read(ChunkStore store, byte[] bytes) {
        return store.read(Sha256.hash(bytes), rows.location(Sha256.hash(bytes)));
    }

    private static void fill(Path file) throws Exception {
        byte[] block = new byte[MIB];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (Files.getFileStore(file).getUsableSpace() > LEFT_FREE) {
                out.write(block);
            }
        }
    }

    @Test
    void aFullDiskRefusesNewChunksServesOldOnesAndHealsByItself() throws Exception {
        Path disk = Path.of(System.getProperty("holdfast.small-disk"));
        ChunkStoreConfig config =
                ChunkStoreConfig.forEmbedded(1)
                        .withPackBytesMax(8L * MIB)
                        .withOpenPacks(1)
                        .withFailurePause(Duration.ofMillis(50));
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(disk.resolve("hdfs"), 1, 1)) {
            fillAndMakeRoom(disk, hdfs, config);
            // A pack that could not be ended while the disk was full may be left to the next start.
            ChunkStore.open(hdfs.uri(), hdfs.configuration(), rows, config).close();
            assertThat(rows.openPacks()).isEmpty();
        }
        SharedHdfs.delete(disk.resolve("hdfs"));
    }

    private void fillAndMakeRoom(Path disk, EmbeddedHdfs hdfs, ChunkStoreConfig config)
            throws Exception {
        try (ChunkStore store = ChunkStore.open(hdfs.uri(), hdfs.configuration(), rows, config)) {
            byte[] before = store(store);
            fill(disk.resolve("filler"));
            assertThatThrownBy(
                            () -> {
                                for (int index = 0; index < 100; index++) {
                                    store(store);
                                }
                            })
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(StorageFullException.class);
            awaitSafeMode(hdfs, Duration.ofSeconds(60));
            assertThat(read(store, before)).isEqualTo(before);
            Files.delete(disk.resolve("filler"));
            byte[] after = storedWithin(store, Duration.ofSeconds(60));
            assertThat(read(store, after)).isEqualTo(after);
        }
    }

    /** The NameNode looks at its disk every few seconds. */
    private static void awaitSafeMode(EmbeddedHdfs hdfs, Duration limit) throws Exception {
        long deadline = System.nanoTime() + limit.toNanos();
        try (FileSystem admin = FileSystem.newInstance(hdfs.uri(), hdfs.configuration())) {
            while (!((DistributedFileSystem) admin).isInSafeMode()) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    private byte[] storedWithin(ChunkStore store, Duration limit) throws Exception {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                return store(store);
            } catch (ExecutionException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }
}
