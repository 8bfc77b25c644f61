package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedExceptionAction;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DFSTestUtil;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A cluster that is not ours: with its own permissions, limits, quotas and policies. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ForeignClusterTest {
    private static final int MIB = 1 << 20;

    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(47);
    private final Path directory;
    private final MiniDFSCluster cluster;
    private final DistributedFileSystem admin;

    ForeignClusterTest() throws Exception {
        directory = Files.createTempDirectory("holdfast-foreign-");
        Configuration conf = new HdfsConfiguration();
        conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, directory.toString());
        conf.setInt("dfs.namenode.fs-limits.min-block-size", 32 * MIB);
        conf.setInt("dfs.replication.max", 4);
        conf.setInt("dfs.namenode.safemode.extension", 0);
        // How soon DataNodes come back and leases are looked at is what restarts wait for.
        conf.setInt("dfs.heartbeat.interval", 1);
        conf.setInt("dfs.namenode.lease-recheck-interval-ms", 200);
        conf.set(
                "hadoop.security.key.provider.path",
                "jceks://file" + directory.resolve("keys.jceks"));
        cluster = new MiniDFSCluster.Builder(conf).numDataNodes(1).build();
        admin = cluster.getFileSystem();
    }

    @BeforeAll
    void waitForCluster() throws Exception {
        cluster.waitActive();
    }

    @AfterAll
    void stop() {
        cluster.shutdown(true);
        SharedHdfs.delete(directory);
    }

    private ChunkStoreConfig config(String root) {
        return ChunkStoreConfig.forEmbedded(1)
                .withRoot(root)
                .withPackBytesMax(16L * MIB)
                .withOpenPacks(1);
    }

    private ChunkStore open(ChunkStoreConfig config) {
        return ChunkStore.open(cluster.getURI(), cluster.getConfiguration(0), rows, config);
    }

    private byte[] store(ChunkStore store, int length) throws Exception {
        byte[] bytes = chunks.incompressible(length);
        store.append(chunks.content(), Sha256.hash(bytes), bytes).get(60, TimeUnit.SECONDS);
        return bytes;
    }

    private byte[] read(ChunkStore store, byte[] bytes) {
        return store.read(Sha256.hash(bytes), rows.location(Sha256.hash(bytes)));
    }

    @Test
    void aUserWhoMayNotWriteIsToldSo() throws Exception {
        PrivilegedExceptionAction<ChunkStore> asNobody = () -> open(config("/forbidden/chunks"));
        UserGroupInformation nobody = UserGroupInformation.createRemoteUser("nobody");
        assertThatThrownBy(() -> nobody.doAs(asNobody))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("does not let this user write under /forbidden/chunks");
    }

    @Test
    void aBlockSizeTheClusterRefusesIsNamed() {
        assertThatThrownBy(() -> open(config("/blocks").withPackBytesMax(MIB)))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("dfs.namenode.fs-limits.min-block-size");
    }

    @Test
    void moreCopiesThanTheClusterAllowsAreRefused() {
        assertThatThrownBy(() -> open(config("/copies").withReplication(5, 1)))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("5 copies");
    }

    @Test
    void tooFewDataNodesAreUnavailable() {
        assertThatThrownBy(() -> open(config("/few").withReplication(3, 2)))
                .isInstanceOf(StorageUnavailableException.class)
                .hasMessageContaining("only 1 DataNodes take a copy");
    }

    @Test
    void aQuotaThatIsUsedUpIsAFullStorageAndHeals() throws Exception {
        org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path("/quota");
        admin.mkdirs(root);
        admin.setQuota(root, HdfsConstants.QUOTA_DONT_SET, 8L * MIB);
        assertThatThrownBy(() -> open(config("/quota")))
                .isInstanceOf(StorageFullException.class)
                .hasMessageContaining("quota");
        admin.setQuota(root, HdfsConstants.QUOTA_DONT_SET, 80L * MIB);
        try (ChunkStore store = open(config("/quota"))) {
            byte[] before = store(store, MIB);
            admin.setQuota(root, HdfsConstants.QUOTA_DONT_SET, 8L * MIB);
            assertThatThrownBy(
                            () -> {
                                for (int index = 0; index < 20; index++) {
                                    store(store, 4 * MIB);
                                }
                            })
                    .hasCauseInstanceOf(StorageFullException.class);
            assertThat(read(store, before)).isEqualTo(before);
            admin.setQuota(root, HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET);
            byte[] after = store(store, MIB);
            assertThat(read(store, after)).isEqualTo(after);
        }
    }

    @Test
    void anErasureCodedDirectoryHoldsReplicatedPacks() throws Exception {
        org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path("/coded");
        admin.mkdirs(root);
        admin.enableErasureCodingPolicy("XOR-2-1-1024k");
        admin.setErasureCodingPolicy(root, "XOR-2-1-1024k");
        try (ChunkStore store = open(config("/coded"))) {
            byte[] bytes = store(store, MIB);
            assertThat(read(store, bytes)).isEqualTo(bytes);
            String id = rows.location(Sha256.hash(bytes)).pack().toString();
            org.apache.hadoop.fs.Path pack =
                    new org.apache.hadoop.fs.Path(root, "packs/" + id.substring(0, 2) + "/" + id);
            assertThat(admin.getFileStatus(pack).isErasureCoded()).isFalse();
        }
    }

    @Test
    void anEncryptionZoneKeepsItsEncryption() throws Exception {
        org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path("/zone");
        admin.mkdirs(root);
        DFSTestUtil.createKey("zone-key", cluster, cluster.getConfiguration(0));
        admin.createEncryptionZone(root, "zone-key");
        try (ChunkStore store = open(config("/zone"))) {
            byte[] bytes = store(store, MIB);
            assertThat(read(store, bytes)).isEqualTo(bytes);
            String id = rows.location(Sha256.hash(bytes)).pack().toString();
            org.apache.hadoop.fs.Path pack =
                    new org.apache.hadoop.fs.Path(root, "packs/" + id.substring(0, 2) + "/" + id);
            assertThat(admin.getFileStatus(pack).isEncrypted()).isTrue();
            byte[] magic = new byte[8];
            try (FSDataInputStream plain = admin.open(pack);
                    FSDataInputStream raw =
                            admin.open(new org.apache.hadoop.fs.Path("/.reserved/raw" + pack))) {
                plain.readFully(0, magic);
                assertThat(new String(magic, StandardCharsets.US_ASCII)).isEqualTo("HFPACK\r\n");
                raw.readFully(0, magic);
                assertThat(new String(magic, StandardCharsets.US_ASCII)).isNotEqualTo("HFPACK\r\n");
            }
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    @Test
    void aDirectoryMadeHereIsThisUsersAlone() throws Exception {
        open(config("/mine/alone")).close();
        FsPermission own =
                admin.getFileStatus(new org.apache.hadoop.fs.Path("/mine/alone/packs"))
                        .getPermission();
        assertThat(own.toShort()).isEqualTo((short) 0700);
    }

    @Test
    void everythingRestartedUnderAnIdlePackLosesNothing() throws Exception {
        ChunkStoreConfig config = config("/restart-all").withIdleCheck(Duration.ofSeconds(1));
        try (ChunkStore store = open(config)) {
            byte[] before = store(store, MIB);
            cluster.restartDataNodes();
            cluster.restartNameNode(true);
            cluster.waitActive();
            // Nobody writes: the store has to find out by itself that the file wants recovering.
            assertThat(readWithin(store, before, Duration.ofSeconds(60))).isEqualTo(before);
            assertThat(store.stats().packsAbandoned()).isEqualTo(1);
            byte[] after = store(store, MIB);
            assertThat(read(store, after)).isEqualTo(after);
        }
        assertThat(rows.openPacks()).isEmpty();
    }

    private byte[] readWithin(ChunkStore store, byte[] bytes, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                return read(store, bytes);
            } catch (StorageUnavailableException e) {
                // Not now, and never lost or corrupt.
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    @Test
    void aRestartedNameNodeIsWaitedFor() throws Exception {
        try (ChunkStore store = open(config("/restart"))) {
            byte[] before = store(store, MIB);
            cluster.restartNameNode(true);
            assertThat(read(store, before)).isEqualTo(before);
            byte[] after = store(store, 4 * MIB);
            assertThat(read(store, after)).isEqualTo(after);
        }
        assertThat(rows.openPacks()).isEmpty();
        try (FileSystem fresh = FileSystem.newInstance(cluster.getURI(), new Configuration())) {
            assertThat(fresh.exists(new org.apache.hadoop.fs.Path("/restart/packs"))).isTrue();
        }
    }
}
