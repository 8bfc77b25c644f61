package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Workers of a real FoundationDB cluster and an HDFS of several DataNodes share a collection, and
 * the one that is at it is killed. The cluster should hold nothing but tests: all trash of its cell
 * is purged.
 */
class CollectionClusterIT {
    private static final String CLUSTER_FILE = "HOLDFAST_FDB_CLUSTER_FILE";
    private static final String HDFS_URI = "HOLDFAST_HDFS_URI";
    private static final Duration START_LIMIT = Duration.ofMinutes(5);

    private final Random random = new Random();

    @Test
    void twoWorkersShareACellAndTheOneAtWorkIsKilled() throws Exception {
        @Nullable String cluster = System.getenv(CLUSTER_FILE);
        if (cluster == null) {
            System.err.println(
                    "SKIPPED CollectionClusterIT: set "
                            + CLUSTER_FILE
                            + " to run it on a real FoundationDB");
        }
        Assumptions.assumeTrue(cluster != null, CLUSTER_FILE + " is not set");
        try (Lab lab = new Lab("collection-cluster")) {
            List<String> where =
                    List.of(
                            "--fdb-cluster-file",
                            String.valueOf(cluster),
                            "--hdfs-uri",
                            hdfs(lab),
                            "--replication",
                            "2");
            ServerProcess gateway =
                    lab.closing(
                            ServerProcess.start(
                                    lab.installation(),
                                    "serve",
                                    lab.path("gateway"),
                                    "127.0.0.1:0",
                                    where.toArray(String[]::new)));
            String account = "collection-" + Long.toHexString(random.nextLong());
            Device device =
                    Device.link(
                            lab.installation(),
                            lab.path("a"),
                            gateway.url(),
                            gateway.addAccount(account),
                            "a");
            Garbage garbage = new Garbage(device, random);
            garbage.plant();
            List<RunningProcess> workers = new ArrayList<>();
            workers.add(worker(lab, "one", where));
            workers.add(worker(lab, "two", where));
            String job = Garbage.order(lab, gateway);
            assertThat(Garbage.awaitWorkedOn(gateway, job, 0)).isTrue();
            String holder = Garbage.job(gateway, job).path("holder").asText();
            RunningProcess atWork =
                    workers.stream()
                            .filter(w -> holder.startsWith(w.pid() + "-"))
                            .findFirst()
                            .orElseThrow(() -> new AssertionError("who is " + holder + "?"));
            atWork.kill();
            JsonNode done = Garbage.awaitDone(gateway, job);
            assertThat(done.path("holder").asText()).as("who ended it").isNotEqualTo(holder);
            assertThat(done.path("counts").path("packs_left_open").asLong())
                    .as("packs of the gateway that were not ended for the collection")
                    .isZero();
            assertThat(done.path("counts").path("packs_deleted").asLong()).isPositive();
            device.verify();
            gateway.stop();
            workers.remove(atWork);
            assertThat(workers.getFirst().terminate(Duration.ofMinutes(1))).isZero();
        }
    }

    /** The HDFS of the environment, or one of two DataNodes made here. */
    private static String hdfs(Lab lab) throws Exception {
        @Nullable String given = System.getenv(HDFS_URI);
        return given != null
                ? given
                : lab.closing(EmbeddedHdfs.start(lab.path("cluster-hdfs"), 2, 2)).uri().toString();
    }

    private static RunningProcess worker(Lab lab, String name, List<String> where) {
        List<String> words = new ArrayList<>(List.of("gc", "worker"));
        words.addAll(where);
        words.addAll(List.of("--data", lab.path(name).toString()));
        words.addAll(List.of("--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"));
        words.addAll(List.of("--gc-readers-wait", "2s", "--gc-lease", "5s"));
        RunningProcess worker = lab.closing(lab.installation().start(null, words));
        worker.awaitOut(line -> line.startsWith("ready "), START_LIMIT);
        return worker;
    }
}
