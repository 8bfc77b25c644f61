package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Gateways on a real FoundationDB cluster and an HDFS of several DataNodes that they reach by its
 * address. The cluster should hold nothing but tests: the cell that is made in it stays.
 */
class ClusterIT {
    private static final String CLUSTER_FILE = "HOLDFAST_FDB_CLUSTER_FILE";
    private static final String HDFS_URI = "HOLDFAST_HDFS_URI";
    private static final String STORED = "holdfast_chunk_bytes_total{direction=\"in\"";

    private static String clusterFile() {
        @Nullable String file = System.getenv(CLUSTER_FILE);
        if (file == null) {
            System.err.println(
                    "SKIPPED ClusterIT: set " + CLUSTER_FILE + " to run it on a real FoundationDB");
        }
        Assumptions.assumeTrue(file != null, CLUSTER_FILE + " is not set");
        return String.valueOf(file);
    }

    /** The HDFS of the environment, or one of two DataNodes made here. */
    private static String hdfs(Lab lab) throws Exception {
        @Nullable String given = System.getenv(HDFS_URI);
        if (given != null) {
            return given;
        }
        return lab.closing(EmbeddedHdfs.start(lab.path("cluster-hdfs"), 2, 2)).uri().toString();
    }

    @Test
    void twoGatewaysServeOneCellAndOneIsKilledDuringAnUpload() throws Exception {
        String cluster = clusterFile();
        try (Lab lab = new Lab("cluster")) {
            String[] where = {
                "--fdb-cluster-file", cluster, "--hdfs-uri", hdfs(lab), "--replication", "2"
            };
            ServerProcess first = serve(lab, "first", where);
            ServerProcess second = serve(lab, "second", where);
            String account = "cluster-" + Long.toHexString(new Random().nextLong());
            Device a =
                    Device.link(
                            lab.installation(),
                            lab.path("a"),
                            first.url(),
                            first.addAccount(account),
                            "a");
            Device b =
                    Device.link(
                            lab.installation(),
                            lab.path("b"),
                            second.url(),
                            second.newCode(account),
                            "b");
            plant(a.folder());
            a.runOnce();
            b.runOnce();
            Lab.assertEqualFolders(a.folder(), b.folder());

            Files.move(b.folder().resolve("folder"), b.folder().resolve("renamed"));
            b.runOnce();
            Lab.write(a.folder().resolve("second"), Lab.bytes(2, 96 << 20));
            double before = first.metric(STORED);
            try (RunningProcess run = a.start("run", "--once")) {
                ServerProcess killed = first;
                Lab.await(
                        "an upload",
                        Duration.ofMinutes(1),
                        () -> killed.metric(STORED) > before || !run.alive());
                first.kill();
                first = lab.closing(first.restart(where));
                assertThat(run.awaitExit(Device.RUN_LIMIT)).as(run::describe).isZero();
            }
            b.runOnce();
            Lab.assertEqualFolders(a.folder(), b.folder());
            first.stop();
            second.stop();

            // As after a restore: the devices' cursors are of another time, and nothing is lost.
            lab.installation()
                    .run(Device.RUN_LIMIT, "admin", "restored", "--fdb-cluster-file", cluster)
                    .expect(0);
            first = lab.closing(first.restart(where));
            a.runOnce();
            Lab.write(a.folder().resolve("third"), Lab.bytes(3, 10_000));
            a.runOnce();
            second = lab.closing(second.restart(where));
            b.runOnce();
            Lab.assertEqualFolders(a.folder(), b.folder());
            a.verify();
            b.verify();
            first.stop();
            second.stop();
        }
    }

    private static ServerProcess serve(Lab lab, String name, String... where) {
        return lab.closing(
                ServerProcess.start(
                        lab.installation(), "serve", lab.path(name), "127.0.0.1:0", where));
    }

    private static void plant(Path folder) {
        for (int i = 0; i < 200; i++) {
            Lab.write(folder.resolve("folder/file" + i), Lab.bytes(i, 1_000 + i));
        }
        Lab.write(folder.resolve("large"), Lab.bytes(1, 24 << 20));
    }
}
