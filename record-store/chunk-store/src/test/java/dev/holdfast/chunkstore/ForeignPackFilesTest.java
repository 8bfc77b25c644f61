package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Sha256;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * A cluster that is already running: {@code HOLDFAST_HDFS_URI=hdfs://…}, with the variables of
 * {@link HdfsSite} where it needs them, and {@code HOLDFAST_HDFS_COPIES} where it has fewer than
 * three DataNodes. Leaves nothing behind.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfEnvironmentVariable(
        named = "HOLDFAST_HDFS_URI",
        matches = ".+",
        disabledReason = "NOT RUN on a foreign HDFS: HOLDFAST_HDFS_URI names none")
final class ForeignPackFilesTest extends PackFilesContract {
    private final URI uri = URI.create(Objects.requireNonNull(System.getenv("HOLDFAST_HDFS_URI")));
    private final Configuration site = HdfsSite.load(Map.copyOf(System.getenv()));
    private final ChunkStoreConfig config;
    private final DistributedFileSystem connection;
    private final HdfsPackFiles files;

    ForeignPackFilesTest() {
        String said = System.getenv("HOLDFAST_HDFS_COPIES");
        int copies = said == null ? 3 : Integer.parseInt(said);
        config =
                ChunkStoreConfig.forCluster()
                        .withRoot("/tmp/holdfast-contract-" + UUID.randomUUID())
                        .withReplication(copies, Math.min(2, copies))
                        .withPackBytesMax(8L << 20)
                        .withOpenPacks(2);
        connection = HdfsConnection.open(uri, site, config);
        files = new HdfsPackFiles(connection, config);
    }

    @Override
    PackFiles files() {
        return files;
    }

    @Test
    void theStoreOpensWritesAndReads() throws Exception {
        MemoryChunkRows rows = new MemoryChunkRows();
        Chunks chunks = Chunks.of(5);
        try (ChunkStore store = ChunkStore.open(uri, site, rows, config)) {
            for (int index = 0; index < 20; index++) {
                byte[] bytes = chunks.incompressible(1 << 20);
                Sha256 hash = Sha256.hash(bytes);
                assertThat(store.append(chunks.content(), hash, bytes).get(60, TimeUnit.SECONDS))
                        .isEqualTo(Placement.PLACED);
                assertThat(store.read(hash, rows.location(hash))).isEqualTo(bytes);
            }
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    @AfterAll
    void remove() throws Exception {
        connection.delete(new Path(config.root()), true);
        connection.close();
    }
}
