package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Space comes back, whatever is killed meanwhile, and nothing that is kept is lost. */
class CollectionIT {
    private static final int FILES = 24;
    private static final int KEPT = 6;
    private static final int FILE_BYTES = 1 << 20;
    private static final Duration RUN_LIMIT = Duration.ofMinutes(8);
    private static final List<String> ALL =
            List.of("gc", "run", "--delete", "--now", "--purge-trash", "--json");

    private final Random random = new Random(Long.getLong("holdfast.seed", 20_261_122));

    @Test
    void promise5TheServerIsKilledDuringACollectionAndSpaceComesBackAllTheSame() {
        try (Lab lab = new Lab("collection-crash")) {
            ServerProcess server = lab.server("data");
            Device device =
                    Device.link(
                            lab.installation(),
                            lab.path("a"),
                            server.url(),
                            server.addAccount("ada"),
                            "a");
            plantAndDelete(device);
            long before = bytesOfPacks(server);
            assertThat(before).isGreaterThan((long) FILES * FILE_BYTES);
            List<String> detached = new ArrayList<>(ALL);
            detached.removeLast();
            detached.add("--detach");
            String job = run(lab, server, detached, 0).out().getFirst().strip();
            for (int kill = 1; kill < Lab.KILLS; kill++) {
                pauseUpTo(4_000);
                server.kill();
                server = lab.restart(server);
            }
            awaitDone(lab, server, job);
            long after = bytesOfPacks(server);
            assertThat(after)
                    .as("bytes of packs, of " + before)
                    .isLessThan(KEPT * (long) FILE_BYTES * 3 / 2);
            device.verify();
            run(lab, server, List.of("fsck"), 0);
            Installation.Finished jobs = run(lab, server, List.of("job", "list", "--json"), 0);
            assertThat(jobs.text()).contains("\"packs_deleted\"");
            server.stop();
        }
    }

    @Test
    void uploadsAndReadsGoOnThroughAWholeCollection() {
        try (Lab lab = new Lab("collection-live")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            plantAndDelete(devices.a());
            devices.b().runOnce();
            try (RunningProcess run = start(lab, server, ALL)) {
                for (int round = 0; run.alive() && round < 100; round++) {
                    Lab.write(
                            devices.a().folder().resolve("live" + round % 5),
                            Lab.bytes(random.nextLong(), 300_000));
                    devices.a().runOnce();
                    devices.b().runOnce();
                }
                assertThat(run.awaitExit(RUN_LIMIT)).as(run::describe).isZero();
            }
            devices.settle();
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
            devices.a().verify();
            devices.b().verify();
            run(lab, server, List.of("fsck"), 0);
            server.stop();
        }
    }

    private void plantAndDelete(Device device) {
        for (int file = 0; file < FILES; file++) {
            Lab.write(
                    device.folder().resolve("file" + file),
                    Lab.bytes(random.nextLong(), FILE_BYTES));
        }
        device.runOnce();
        for (int file = KEPT; file < FILES; file++) {
            try {
                Files.delete(device.folder().resolve("file" + file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        device.runOnce("--max-delete", "off");
    }

    /** A job goes on in the next process, when the lease of the one that was killed ran out. */
    private static void awaitDone(Lab lab, ServerProcess server, String job) {
        Lab.await(
                "the job's end",
                RUN_LIMIT,
                () -> {
                    String shown =
                            run(lab, server, List.of("job", "show", job, "--json"), 0).text();
                    assertThat(shown).doesNotContain("\"state\":\"failed\"");
                    return shown.contains("\"state\":\"done\"");
                });
    }

    private static List<String> words(ServerProcess server, List<String> command) {
        List<String> words = new ArrayList<>(command);
        words.addAll(Arrays.asList("--url", server.adminUrl(), "--data", server.data().toString()));
        return words;
    }

    private static RunningProcess start(Lab lab, ServerProcess server, List<String> command) {
        return lab.installation().start(null, words(server, command));
    }

    private static Installation.Finished run(
            Lab lab, ServerProcess server, List<String> command, int exitCode) {
        return lab.installation()
                .run(RUN_LIMIT, words(server, command).toArray(String[]::new))
                .expect(exitCode);
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
