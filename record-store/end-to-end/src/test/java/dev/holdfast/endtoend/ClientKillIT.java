package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Clients are killed while people edit, and in the middle of large transfers. */
class ClientKillIT {
    /** Three in verify; soak kills fifty times. */
    private static final int LOOPS = Boolean.getBoolean("holdfast.soak") ? 50 : 3;

    private static final int EDITS = 30;
    private static final int FILES = 8;
    private static final int LARGE_BYTES = 40 << 20;
    private static final String STORED = "holdfast_chunk_bytes_total{direction=\"in\"";
    private static final Pattern BYTES_DOWN = Pattern.compile("\"bytes_down\":([0-9]+)");
    private static final Pattern BYTES_UP = Pattern.compile("\"bytes_up\":([0-9]+)");

    @Test
    void noLineIsLostHoweverOftenBothClientsAreKilled() throws IOException {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> written = new ArrayList<>();
        try (Lab lab = new Lab("client-kill")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            for (int file = 0; file < FILES; file++) {
                Lab.write(devices.a().folder().resolve("f" + file), "");
            }
            devices.settle();
            for (int loop = 0; loop < LOOPS; loop++) {
                try (RunningProcess a = devices.a().run();
                        RunningProcess b = devices.b().run()) {
                    for (int edit = 0; edit < EDITS; edit++) {
                        Device device = random.nextBoolean() ? devices.a() : devices.b();
                        written.add(edit(device.folder(), random, loop + "." + edit));
                        pause(random.nextInt(150));
                        if (edit == EDITS / 2) {
                            b.kill();
                        }
                    }
                    a.kill();
                }
            }
            devices.settle();
            devices.settle();
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
            devices.a().verify();
            Set<String> there = lines(devices.a().folder());
            there.addAll(lines(devices.b().folder()));
            written.removeAll(there);
            assertThat(written).as("lines lost, seed %d", seed).isEmpty();
        }
    }

    /**
     * Adds a line as a program does that keeps its file open: it never replaces what it has not
     * seen.
     */
    private static String edit(Path folder, Random random, String what) throws IOException {
        Path file = folder.resolve("f" + random.nextInt(FILES));
        String line = "line " + what + " in " + folder.getFileName();
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return line;
    }

    private static void pause(int millis) {
        long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        Lab.await("a moment", Duration.ofSeconds(10), () -> System.nanoTime() - end > 0);
    }

    /** All lines in files of the folder, and in what rests before it comes back as a copy. */
    private static Set<String> lines(Path folder) throws IOException {
        Set<String> lines = new HashSet<>();
        for (Path in : List.of(folder, folder.resolve(".holdfast/displaced"))) {
            try (Stream<Path> files = Files.list(in)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    lines.addAll(Files.readAllLines(file));
                }
            }
        }
        return lines;
    }

    @Test
    void aCutTransferGoesOnWhereItWas() throws IOException {
        try (Lab lab = new Lab("cut-transfer")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            Lab.write(devices.a().folder().resolve("large"), Lab.bytes(5, LARGE_BYTES));
            double before = server.metric(STORED);
            try (RunningProcess run = devices.a().start("run", "--limit-up", "6M")) {
                Lab.await(
                        () -> "half of it is sent" + run.describe(),
                        Duration.ofMinutes(1),
                        () -> server.metric(STORED) - before > LARGE_BYTES / 2);
                run.kill();
            }
            Installation.Finished up = devices.a().runOnce("--json");
            assertThat(number(BYTES_UP, up)).isBetween(1L, LARGE_BYTES * 6L / 10);

            Path staged = devices.b().folder().resolve(".holdfast/tmp");
            try (RunningProcess run = devices.b().start("run", "--limit-down", "6M")) {
                Lab.await(
                        () -> "its last part is begun" + run.describe(),
                        Duration.ofMinutes(1),
                        () -> sizeIn(staged) > LARGE_BYTES / 4 * 3);
                run.kill();
            }
            assertThat(devices.b().folder().resolve("large")).doesNotExist();
            Installation.Finished down = devices.b().runOnce("--json");
            assertThat(number(BYTES_DOWN, down)).isBetween(1L, LARGE_BYTES * 8L / 10);
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
            try (Stream<Path> left = Files.list(staged)) {
                assertThat(left).isEmpty();
            }
        }
    }

    /** Bytes that lie on the disk: of a file with holes, only what was written. */
    private static long sizeIn(Path folder) {
        long bytes = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                bytes += ((Number) Files.getAttribute(file, "size")).longValue();
            }
        } catch (IOException e) {
            // It is being renamed at this moment.
            return bytes;
        }
        return bytes;
    }

    private static long number(Pattern pattern, Installation.Finished run) {
        Matcher matcher = pattern.matcher(run.text());
        assertThat(matcher.find()).as(run.description()).isTrue();
        return Long.parseLong(matcher.group(1));
    }
}
