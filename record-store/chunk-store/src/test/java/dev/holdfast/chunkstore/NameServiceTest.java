package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Sha256;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.MiniDFSNNTopology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two NameNodes behind one name: the store knows the name only, and one of them dies. */
final class NameServiceTest {
    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(71);

    private static Path siteFiles(Path directory, MiniDFSCluster cluster) throws Exception {
        Configuration site = new Configuration(false);
        site.set("dfs.nameservices", "house");
        site.set("dfs.ha.namenodes.house", "one,two");
        site.set("dfs.namenode.rpc-address.house.one", address(cluster, 0));
        site.set("dfs.namenode.rpc-address.house.two", address(cluster, 1));
        site.set(
                "dfs.client.failover.proxy.provider.house",
                "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider");
        site.setInt("dfs.client.failover.sleep.base.millis", 50);
        site.setInt("dfs.client.failover.sleep.max.millis", 500);
        Path conf = Files.createDirectories(directory.resolve("conf"));
        try (OutputStream out = Files.newOutputStream(conf.resolve("hdfs-site.xml"))) {
            site.writeXml(out);
        }
        return conf;
    }

    private static String address(MiniDFSCluster cluster, int nameNode) {
        return "127.0.0.1:" + cluster.getNameNodePort(nameNode);
    }

    @Test
    void aFailoverLosesNothingAndStopsNobody(@TempDir Path directory) throws Exception {
        Configuration conf = new HdfsConfiguration();
        conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, directory.resolve("hdfs").toString());
        conf.setInt("dfs.ha.tail-edits.period", 1);
        conf.setInt("dfs.heartbeat.interval", 1);
        Map<Sha256, byte[]> written = new LinkedHashMap<>();
        Map<Sha256, CompletableFuture<Placement>> answers = new LinkedHashMap<>();
        try (MiniDFSCluster cluster =
                new MiniDFSCluster.Builder(conf)
                        .nnTopology(MiniDFSNNTopology.simpleHATopology())
                        .numDataNodes(1)
                        .build()) {
            cluster.waitActive();
            cluster.transitionToActive(0);
            Configuration site =
                    HdfsSite.load(
                            Map.of("HOLDFAST_HDFS_CONF", siteFiles(directory, cluster).toString()));
            ChunkStoreConfig config =
                    ChunkStoreConfig.forEmbedded(1).withPackBytesMax(1 << 20).withOpenPacks(2);
            try (ChunkStore store =
                    ChunkStore.open(URI.create("hdfs://house"), site, rows, config)) {
                for (int index = 0; index < 90; index++) {
                    byte[] bytes = chunks.incompressible(60_000);
                    written.put(Sha256.hash(bytes), bytes);
                    answers.put(
                            Sha256.hash(bytes),
                            store.append(chunks.content(), Sha256.hash(bytes), bytes));
                    if (index == 40) {
                        cluster.shutdownNameNode(0);
                        cluster.transitionToActive(1);
                    }
                }
                for (CompletableFuture<Placement> answer : answers.values()) {
                    assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(Placement.PLACED);
                }
                for (Map.Entry<Sha256, byte[]> entry : written.entrySet()) {
                    assertThat(store.read(entry.getKey(), rows.location(entry.getKey())))
                            .isEqualTo(entry.getValue());
                }
            }
            // A pack begun while no NameNode was active holds nothing, and is left to the janitor.
            assertThat(rows.openPacks()).allMatch(pack -> pack.highestEnd() == 0);
        }
    }
}
