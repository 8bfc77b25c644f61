package dev.holdfast.blockgc;

import static dev.holdfast.blockgc.GcWorld.NOW;
import static dev.holdfast.blockgc.GcWorld.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.HdfsPacks;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.NodeState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way on a real HDFS: sparse packs are rewritten, empty ones deleted, readers served. */
class HdfsCollectionTest {
    private static final int FILES = 40;
    private static final int CHUNK_BYTES = 100_000;

    @TempDir Path directory;

    @Test
    void spaceOnHdfsComesBackAndReadersNeverFail() throws Exception {
        ChunkStoreConfig config =
                ChunkStoreConfig.forEmbedded(1).withOpenPacks(1).withPackBytesMax(1 << 20);
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory, 1, 1);
                GcWorld world = new GcWorld(3);
                HdfsPacks packs = HdfsPacks.open(hdfs.uri(), hdfs.configuration(), config)) {
            Map<NodeState, byte[]> files = new HashMap<>();
            ChunkStore store =
                    ChunkStore.open(
                            hdfs.uri(), hdfs.configuration(), world.metadata.chunks(), config);
            for (int i = 0; i < FILES; i++) {
                byte[] chunk = world.bytes(CHUNK_BYTES);
                ContentId content = ContentId.random(world.random);
                ok(
                        world.metadata
                                .uploads()
                                .declare(
                                        world.caller,
                                        world.upload(),
                                        new Declaration(
                                                List.of(
                                                        new ContentPart(
                                                                content,
                                                                0,
                                                                true,
                                                                List.of(GcWorld.ref(chunk)))))));
                store.append(content, Sha256.hash(chunk), chunk).get(30, TimeUnit.SECONDS);
                files.put(Objects.requireNonNull(world.create(content).node()), chunk);
            }
            store.close();
            try (ChunkStore reader =
                    ChunkStore.open(
                            hdfs.uri(), hdfs.configuration(), world.metadata.chunks(), config)) {
                Map<Sha256, ChunkLocation> before = locations(world, files);
                long full = bytesOnHdfs(hdfs);
                List<NodeState> all = new ArrayList<>(files.keySet());
                for (int i = 0; i < FILES; i++) {
                    if (i % 4 != 0) {
                        world.purge(all.get(i));
                        files.remove(all.get(i));
                    }
                }
                Collector collector =
                        new Collector(
                                world.rows,
                                world.metadata.chunks(),
                                packs,
                                Retention.NONE,
                                GcWorld.CONFIG,
                                world.clock,
                                GcWorld.NO_WAIT);
                GcReport report = collector.run(NOW, "worker");
                assertThat(report.problem()).isNull();
                assertThat(report.state()).isEqualTo(BackgroundJobs.State.DONE);
                assertThat(report.counts())
                        .containsEntry("chunks_dropped", 30L)
                        .containsEntry("chunks_moved", 10L);
                for (byte[] chunk : files.values()) {
                    Sha256 hash = Sha256.hash(chunk);
                    // At the old place, as a reader that looked it up before the run.
                    assertThat(reader.read(hash, Objects.requireNonNull(before.get(hash))))
                            .isEqualTo(chunk);
                }
                long after = bytesOnHdfs(hdfs);
                assertThat(full).isGreaterThan(FILES * (long) CHUNK_BYTES);
                assertThat(after)
                        .isGreaterThan(10L * CHUNK_BYTES)
                        .isLessThan(10L * CHUNK_BYTES * 5 / 4 + (64 << 10));
            }
        }
    }

    private static Map<Sha256, ChunkLocation> locations(
            GcWorld world, Map<NodeState, byte[]> files) {
        return world.metadata.chunks().locate(files.values().stream().map(Sha256::hash).toList());
    }

    private static long bytesOnHdfs(EmbeddedHdfs hdfs) throws java.io.IOException {
        try (FileSystem files = FileSystem.newInstance(hdfs.uri(), hdfs.configuration())) {
            return files.getContentSummary(new org.apache.hadoop.fs.Path("/holdfast/packs"))
                    .getLength();
        }
    }
}
