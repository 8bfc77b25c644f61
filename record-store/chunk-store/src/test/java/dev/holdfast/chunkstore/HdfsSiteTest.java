package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the environment says of a cluster, and what is said of it when it is wrong. */
final class HdfsSiteTest {
    @TempDir Path directory;

    private Path site(String name, String file, Map<String, String> values) throws Exception {
        Path conf = Files.createDirectories(directory.resolve(name));
        StringBuilder xml = new StringBuilder("<configuration>");
        values.forEach((key, value) ->
                xml.append(
                        "<property><name>%s</name><value>%s</value></property>"
                                .formatted(key, value)));
        Files.writeString(conf.resolve(file), xml.append("</configuration>"));
        return conf;
    }

    private static ChunkStore open(String uri, Configuration site) {
        return ChunkStore.open(
                URI.create(uri), site, new MemoryChunkRows(), ChunkStoreConfig.forCluster());
    }

    @Test
    void bothFilesAreReadAndOurVariableWins() throws Exception {
        Path ours = site("ours", "core-site.xml", Map.of("a.key", "ours"));
        site("ours", "hdfs-site.xml", Map.of("b.key", "also ours"));
        Path theirs = site("theirs", "hdfs-site.xml", Map.of("a.key", "theirs"));
        Configuration both =
                HdfsSite.load(
                        Map.of(
                                "HOLDFAST_HDFS_CONF", ours.toString(),
                                "HADOOP_CONF_DIR", theirs.toString()));
        assertThat(both.get("a.key")).isEqualTo("ours");
        assertThat(both.get("b.key")).isEqualTo("also ours");
        assertThat(HdfsSite.load(Map.of("HADOOP_CONF_DIR", theirs.toString())).get("a.key"))
                .isEqualTo("theirs");
        assertThat(HdfsSite.load(Map.of()).get("dfs.replication")).isEqualTo("3");
    }

    @Test
    void limitsOnWaitingYieldToWhatTheSiteSays() throws Exception {
        Path site = site("site", "core-site.xml", Map.of("ipc.client.connect.timeout", "12345"));
        Configuration said =
                HdfsClientSettings.apply(
                        HdfsSite.load(Map.of("HOLDFAST_HDFS_CONF", site.toString())),
                        ChunkStoreConfig.forCluster());
        assertThat(said.getInt("ipc.client.connect.timeout", 0)).isEqualTo(12_345);
        assertThat(said.getInt("ipc.client.connect.max.retries.on.timeouts", 0)).isEqualTo(3);
        assertThat(said.getInt("dfs.client.socket-timeout", 0)).isEqualTo(20_000);
    }

    @Test
    void whatIsNamedAndCannotBeUsedIsRefusedByName() throws Exception {
        String empty = Files.createDirectories(directory.resolve("empty")).toString();
        assertThatThrownBy(() -> HdfsSite.load(Map.of("HADOOP_CONF_DIR", empty)))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("HADOOP_CONF_DIR names " + empty)
                .hasMessageContaining("neither core-site.xml nor hdfs-site.xml");
        Path broken = Files.createDirectories(directory.resolve("broken"));
        Files.writeString(broken.resolve("hdfs-site.xml"), "<configuration><property>");
        assertThatThrownBy(() -> HdfsSite.load(Map.of("HOLDFAST_HDFS_CONF", broken.toString())))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("is not a Hadoop configuration");
        assertThatThrownBy(() -> open("hdfs://a-name-nobody-knows/", HdfsSite.load(Map.of())))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("neither a host nor a name service")
                .hasMessageContaining("HOLDFAST_HDFS_CONF");
    }

    @Test
    void anIdentityThatIsIncompleteOrNotAskedForIsRefused() throws Exception {
        String keytab = directory.resolve("no.keytab").toString();
        Configuration half = HdfsSite.load(Map.of("HOLDFAST_HDFS_KEYTAB", keytab));
        assertThatThrownBy(() -> open("hdfs://127.0.0.1:1", half))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessage("HOLDFAST_HDFS_PRINCIPAL and HOLDFAST_HDFS_KEYTAB go together");
        Map<String, String> identity =
                Map.of(
                        "HOLDFAST_HDFS_KEYTAB",
                        keytab,
                        "HOLDFAST_HDFS_PRINCIPAL",
                        "holdfast@EXAMPLE.COM");
        assertThatThrownBy(() -> open("hdfs://127.0.0.1:1", HdfsSite.load(identity)))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("does not ask for Kerberos");
        Configuration secure = HdfsSite.load(identity);
        secure.set("hadoop.security.authentication", "kerberos");
        assertThatThrownBy(() -> open("hdfs://127.0.0.1:1", secure))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("the keytab " + keytab + " does not exist");
    }
}
