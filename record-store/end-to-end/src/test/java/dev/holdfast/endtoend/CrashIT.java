package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Processes killed in the middle of their work: nothing that was acknowledged is missing. */
class CrashIT {
    private static final int SMALL_FILES = 300;

    /**
     * Later rounds overwrite the files of earlier ones, so that a long soak stays the same size.
     */
    private static final int FOLDERS = 5;

    private static final String STORED = "holdfast_chunk_bytes_total{direction=\"in\"";

    private final Random random = seeded();

    /** Kills that hit a process at work; without any, a test here would have shown nothing. */
    private int hits;

    private static Random seeded() {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        System.out.println(
                "seed "
                        + seed
                        + ": ./mvnw verify -pl record-store/end-to-end -am -Dit.test=CrashIT"
                        + " -Dholdfast.seed="
                        + seed);
        return new Random(seed);
    }

    @Test
    void promise1TheServerIsKilledDuringUploadsAndTheClientFinishes() {
        try (Lab lab = new Lab("server-crash")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            for (int round = 0; round < Lab.KILLS; round++) {
                plant(devices.a().folder().resolve("round" + round % FOLDERS), round);
                try (RunningProcess run = devices.a().start("run", "--once")) {
                    awaitUpload(server, run);
                    hits += run.alive() ? 1 : 0;
                    server.kill();
                    server = lab.restart(server);
                    assertThat(run.awaitExit(Device.RUN_LIMIT)).as(run::describe).isZero();
                }
                devices.a().verify();
                devices.b().runOnce();
                Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
            }
            devices.b().verify();
            server.stop();
            assertThat(hits).as("kills in the middle of an upload").isPositive();
        }
    }

    @Test
    void theClientIsKilledOnEitherSideAndTheNextRunFinishes() {
        try (Lab lab = new Lab("client-crash")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            for (int round = 0; round < Lab.KILLS; round++) {
                plant(devices.a().folder().resolve("round" + round % FOLDERS), round);
                killDuring(devices.a());
                killDuring(devices.a());
                devices.a().runOnce();
                killDuring(devices.b());
                devices.b().runOnce();
                devices.a().runOnce();
                Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
                devices.a().verify();
                devices.b().verify();
            }
            assertThat(hits).as("kills in the middle of a run").isPositive();
        }
    }

    private void killDuring(Device device) {
        try (RunningProcess run = device.start("run", "--once")) {
            int delay = 500 + random.nextInt(2_500);
            long end = System.nanoTime() + Duration.ofMillis(delay).toNanos();
            Lab.await(
                    "a moment inside the run",
                    Duration.ofSeconds(30),
                    () -> System.nanoTime() - end > 0 || !run.alive());
            hits += run.alive() ? 1 : 0;
            run.kill();
        }
    }

    private void awaitUpload(ServerProcess server, RunningProcess run) {
        double before = server.metric(STORED);
        double some = before + random.nextInt(20 << 20);
        Lab.await(
                () -> "some bytes are stored, of " + some + ": " + run.describe(),
                Duration.ofMinutes(1),
                () -> server.metric(STORED) > some || !run.alive());
    }

    /** Enough for an upload of some seconds: small files in one framed body, and large ones. */
    private void plant(Path folder, int round) {
        for (int file = 0; file < SMALL_FILES; file++) {
            Lab.write(
                    folder.resolve("small/" + (file % 10) + "/f" + file),
                    Lab.bytes(random.nextLong(), 1 + random.nextInt(40_000)));
        }
        for (int file = 0; file < 3; file++) {
            Lab.write(
                    folder.resolve("large" + file),
                    Lab.bytes(random.nextLong(), (10 << 20) + random.nextInt(1 << 20) + round));
        }
    }
}
