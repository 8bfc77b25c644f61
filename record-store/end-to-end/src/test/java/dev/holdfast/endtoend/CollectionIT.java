package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Space comes back, whatever is killed meanwhile, and nothing that is kept is lost. */
class CollectionIT {
    private static final int ANSWERED = 30;
    private static final Duration LOAD_LIMIT = Duration.ofMinutes(2);

    /** So that neither a reader that died nor a worker that was killed is waited for long. */
    private static final String[] SETTINGS = {"--gc-readers-wait", "2s", "--gc-lease", "5s"};

    private final Random random = new Random(Long.getLong("holdfast.seed", 20_261_122));

    @Test
    void promise5TheWorkerIsKilledInTheMiddleOfCollectionsAndSpaceComesBackAllTheSame() {
        try (Lab lab = new Lab("collection-crash")) {
            ServerProcess server = lab.server("data", SETTINGS);
            Device device =
                    Device.link(
                            lab.installation(),
                            lab.path("a"),
                            server.url(),
                            server.addAccount("ada"),
                            "a");
            Garbage garbage = new Garbage(device, random);
            int kills = 0;
            for (int round = 0; round == 0 || kills < Lab.KILLS - 1; round++) {
                garbage.plant();
                long before = bytesOfPacks(server);
                String job = Garbage.order(lab, server);
                long since = 0;
                // In the last round of a long run the job may end before all kills are done.
                for (int kill = 0; kill < 2 && kills < Lab.KILLS - 1; kill++, kills++) {
                    if (!Garbage.awaitWorkedOn(server, job, since)) {
                        break;
                    }
                    pauseUpTo(1_500);
                    server.kill();
                    since = System.currentTimeMillis();
                    server = lab.closing(server.restart(SETTINGS));
                }
                Garbage.awaitDone(server, job);
                assertThat(bytesOfPacks(server))
                        .as("bytes of packs, of " + before)
                        .isLessThan(garbage.keptBytes() * 3 / 2);
                device.verify();
            }
            Garbage.run(lab, server, "fsck");
            assertThat(Garbage.run(lab, server, "job", "list", "--json"))
                    .contains("\"packs_deleted\"");
            assertEveryDeletionIsTold(lab, server);
            server.stop();
        }
    }

    /** Also of packs that a worker deleted which was killed before its job could say so. */
    private static void assertEveryDeletionIsTold(Lab lab, ServerProcess server) {
        List<String> lines = Garbage.run(lab, server, "gc", "deletions", "--json").lines().toList();
        assertThat(lines).isNotEmpty();
        for (String line : lines) {
            JsonNode deleted = Garbage.parse(line);
            assertThat(deleted.path("why").asText()).as(line).contains("empty, in the trash since");
            assertThat(deleted.path("at_millis").asLong()).as(line).isPositive();
            Garbage.job(server, deleted.path("job").asText());
        }
        String pack = Garbage.parse(lines.getFirst()).path("pack").asText();
        assertThat(Garbage.run(lab, server, "gc", "deletions", pack))
                .contains("pack " + pack, "empty, in the trash since");
    }

    @Test
    void promise5ReadersAndUploadsGoOnAtFullSpeedThroughAWholeCollectionWithoutAFailedRequest()
            throws Exception {
        try (Lab lab = new Lab("collection-live")) {
            ServerProcess server = lab.server("data", SETTINGS);
            Lab.Pair devices = lab.pair(server, "ada");
            Garbage garbage = new Garbage(devices.a(), random);
            garbage.plant();
            devices.b().runOnce();
            try (LiveLoad load = new LiveLoad(server, "live", random)) {
                load.start();
                Lab.await("answers", LOAD_LIMIT, () -> load.answered() >= ANSWERED);
                LiveLoad.Latency quietReads = load.readLatency();
                LiveLoad.Latency quietUploads = load.uploadLatency();
                Lab.write(
                        devices.a().folder().resolve("live"), Lab.bytes(random.nextLong(), 50_000));
                JsonNode job;
                try (RunningProcess run = Garbage.start(lab, server)) {
                    devices.a().runOnce();
                    devices.b().runOnce();
                    job = Garbage.ended(run);
                }
                report("reads", quietReads, load.readLatency());
                report("uploads", quietUploads, load.uploadLatency());
                load.finish();
                assertThat(job.path("counts").path("packs_deleted").asLong()).isPositive();
                assertThat(job.path("counts").path("chunks_moved").asLong())
                        .as("chunks that compaction moved under the readers")
                        .isPositive();
            }
            devices.settle();
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
            devices.b().verify();
            Garbage.run(lab, server, "fsck");
            server.stop();
        }
    }

    private static void report(String what, LiveLoad.Latency quiet, LiveLoad.Latency collecting) {
        System.err.printf(
                "%s: %d quiet (p50 %.1f ms, p99 %.1f ms), %d through a collection (p50 %.1f ms,"
                        + " p99 %.1f ms), p50 ratio %.2f%n",
                what,
                quiet.requests(),
                quiet.p50Millis(),
                quiet.p99Millis(),
                collecting.requests(),
                collecting.p50Millis(),
                collecting.p99Millis(),
                collecting.p50Millis() / quiet.p50Millis());
    }

    private void pauseUpTo(int millis) {
        long end = System.nanoTime() + Duration.ofMillis(random.nextInt(millis)).toNanos();
        Lab.await("a moment inside the run", Duration.ofMinutes(1), () -> System.nanoTime() > end);
    }

    /** What the DataNodes keep. */
    private static long bytesOfPacks(ServerProcess server) {
        try (Stream<Path> files = Files.walk(server.data().resolve("hdfs"))) {
            long bytes = 0;
            for (Path file :
                    files.filter(f -> f.getFileName().toString().startsWith("blk_")).toList()) {
                bytes += Files.exists(file) ? Files.size(file) : 0;
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
