package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Sha256;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.SafeModeAction;
import org.apache.hadoop.hdfs.DFSClientFaultInjector;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Three copies, two of them before a chunk is acknowledged: what DataNodes that die and copies that
 * rot may do, and what they may not.
 */
final class ThreeDataNodesTest {
    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(3);
    private Path directory = Path.of("");

    @BeforeEach
    void makeDirectory() throws Exception {
        directory = Files.createTempDirectory("holdfast-three-");
    }

    @AfterEach
    void removeDirectory() {
        SharedHdfs.delete(directory);
    }

    private EmbeddedHdfs start() throws Exception {
        return EmbeddedHdfs.start(directory, 3, 3);
    }

    private ChunkStore open(EmbeddedHdfs hdfs) {
        ChunkStoreConfig config =
                ChunkStoreConfig.forEmbedded(3)
                        .withReplication(3, 2)
                        .withPackBytesMax(2L << 20)
                        .withOpenPacks(2);
        return ChunkStore.open(hdfs.uri(), hdfs.configuration(), rows, config);
    }

    private CompletableFuture<Placement> append(ChunkStore store, byte[] bytes) {
        return store.append(chunks.content(), Sha256.hash(bytes), bytes);
    }

    private Placement get(ChunkStore store, byte[] bytes) throws Exception {
        return append(store, bytes).get(60, TimeUnit.SECONDS);
    }

    private byte[] read(ChunkStore store, byte[] bytes) {
        return store.read(Sha256.hash(bytes), rows.location(Sha256.hash(bytes)));
    }

    private void flipEverywhere(EmbeddedHdfs hdfs, byte[] bytes, int copies) throws Exception {
        ChunkLocation at = rows.location(Sha256.hash(bytes));
        for (int node = 0; node < copies; node++) {
            BlockFiles.flip(
                    BlockFiles.of(hdfs, node, at.pack()),
                    at.offset() + PackFormat.RECORD_HEADER_BYTES + 100,
                    true);
        }
    }

    @Test
    void oneGoodCopyIsEnoughAndNoneIsCorrupt() throws Exception {
        byte[] bytes = chunks.incompressible(50_000);
        byte[] rotten = chunks.incompressible(50_000);
        try (EmbeddedHdfs hdfs = start()) {
            try (ChunkStore store = open(hdfs)) {
                get(store, bytes);
                get(store, rotten);
            }
            flipEverywhere(hdfs, bytes, 2);
            flipEverywhere(hdfs, rotten, 3);
            try (ChunkStore store = open(hdfs)) {
                for (int round = 0; round < 6; round++) {
                    assertThat(read(store, bytes)).isEqualTo(bytes);
                }
                assertThatThrownBy(() -> read(store, rotten))
                        .isInstanceOf(ChunkCorruptException.class);
            }
        }
    }

    @Test
    void dataNodesThatDieDuringWritesLoseNothingAcknowledged() throws Exception {
        Map<Sha256, byte[]> written = new HashMap<>();
        Map<Sha256, CompletableFuture<Placement>> answers = new HashMap<>();
        List<Sha256> acknowledged = new ArrayList<>();
        try (EmbeddedHdfs hdfs = start();
                ChunkStore store = open(hdfs)) {
            for (int index = 0; index < 120; index++) {
                byte[] bytes = chunks.incompressible(1 + chunks.random().nextInt(100_000));
                written.put(Sha256.hash(bytes), bytes);
                answers.put(Sha256.hash(bytes), append(store, bytes));
                if (index == 40) {
                    hdfs.stopDataNode(0);
                }
            }
            for (Map.Entry<Sha256, CompletableFuture<Placement>> entry : answers.entrySet()) {
                assertThat(entry.getValue().get(60, TimeUnit.SECONDS)).isEqualTo(Placement.PLACED);
                acknowledged.add(entry.getKey());
            }
            hdfs.stopDataNode(0);
            assertThatThrownBy(() -> get(store, chunks.incompressible(1_000)))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(StorageUnavailableException.class);
            for (Sha256 hash : acknowledged) {
                assertThat(store.read(hash, rows.location(hash))).isEqualTo(written.get(hash));
            }
        }
        try (EmbeddedHdfs hdfs = start();
                ChunkStore store = open(hdfs)) {
            for (Sha256 hash : acknowledged) {
                assertThat(store.read(hash, rows.location(hash))).isEqualTo(written.get(hash));
            }
            assertThat(rows.openPacks()).isEmpty();
        }
    }

    @Test
    void aNameNodeInSafeModeRefusesAndHeals() throws Exception {
        byte[] before = chunks.incompressible(10_000);
        byte[] after = chunks.incompressible(10_000);
        try (EmbeddedHdfs hdfs = start();
                ChunkStore store = open(hdfs);
                FileSystem other = FileSystem.newInstance(hdfs.uri(), hdfs.configuration())) {
            get(store, before);
            DistributedFileSystem admin = (DistributedFileSystem) other;
            admin.setSafeMode(SafeModeAction.ENTER);
            assertThat(read(store, before)).isEqualTo(before);
            // Open packs go on; what needs a new pack is refused.
            List<CompletableFuture<Placement>> answers = new ArrayList<>();
            for (int index = 0; index < 8; index++) {
                answers.add(append(store, chunks.incompressible(1 << 20)));
            }
            assertThatThrownBy(
                            () -> {
                                for (CompletableFuture<Placement> answer : answers) {
                                    answer.get(60, TimeUnit.SECONDS);
                                }
                            })
                    .hasCauseInstanceOf(StorageUnavailableException.class)
                    .hasMessageContaining("safe mode");
            admin.setSafeMode(SafeModeAction.LEAVE);
            assertThat(get(store, after)).isEqualTo(Placement.PLACED);
            assertThat(read(store, after)).isEqualTo(after);
        }
    }

    /** Mutated once: without hedging the read waited for the DataNode that does not answer. */
    @Test
    void aDataNodeThatDoesNotAnswerIsNotWaitedFor() throws Exception {
        byte[] bytes = chunks.incompressible(50_000);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger fetches = new AtomicInteger();
        DFSClientFaultInjector before = DFSClientFaultInjector.get();
        try (EmbeddedHdfs hdfs = start();
                ChunkStore store = open(hdfs)) {
            get(store, bytes);
            DFSClientFaultInjector.set(
                    new DFSClientFaultInjector() {
                        @Override
                        public void startFetchFromDatanode() {
                            if (fetches.getAndIncrement() == 0) {
                                awaitQuietly(release);
                            }
                        }
                    });
            CompletableFuture<byte[]> answer =
                    CompletableFuture.supplyAsync(() -> read(store, bytes));
            assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(bytes);
            assertThat(fetches.get()).isGreaterThan(1);
        } finally {
            release.countDown();
            DFSClientFaultInjector.set(before);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void copiesThatAreCutShortArePassedOver() throws Exception {
        byte[] bytes = chunks.incompressible(50_000);
        try (EmbeddedHdfs hdfs = start()) {
            try (ChunkStore store = open(hdfs)) {
                get(store, bytes);
            }
            ChunkLocation at = rows.location(Sha256.hash(bytes));
            cut(hdfs, at, 0);
            cut(hdfs, at, 1);
            try (ChunkStore store = open(hdfs)) {
                for (int round = 0; round < 6; round++) {
                    assertThat(read(store, bytes)).isEqualTo(bytes);
                }
                // Whether the bytes are gone or the connection broke, a DataNode does not say: an
                // error, and no judgement on the chunk.
                cut(hdfs, at, 2);
                assertThatThrownBy(() -> read(store, bytes))
                        .isInstanceOf(ChunkStoreException.class);
            }
        }
    }

    private static void cut(EmbeddedHdfs hdfs, ChunkLocation at, int node) throws Exception {
        Path block = BlockFiles.of(hdfs, node, at.pack());
        try (FileChannel file = FileChannel.open(block, StandardOpenOption.WRITE)) {
            file.truncate(at.offset() + 10_000);
        }
    }
}
