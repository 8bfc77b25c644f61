package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What was overwritten or deleted comes back. */
class RestoreIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Test
    void versionsAndTrashedFilesComeBackOnBothDevices() throws IOException {
        try (Lab lab = new Lab("restore")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            Path a = devices.a().folder();
            // Both keep running, so that no step waits for a process to start.
            try (RunningProcess runA = devices.a().run();
                    RunningProcess runB = devices.b().run()) {
                Both both = new Both(devices, runA, runB);
                Lab.write(a.resolve("docs/letter.txt"), "first");
                Lab.write(a.resolve("docs/other.txt"), "other");
                both.await("docs/letter.txt", "first");
                both.await("docs/other.txt", "other");
                Instant between = Instant.now();
                Lab.write(a.resolve("docs/letter.txt"), "second");
                both.await("docs/letter.txt", "second");

                assertThat(sync(devices.a(), "history", "docs/letter.txt").out())
                        .hasSize(2)
                        .first()
                        .asString()
                        .startsWith("2 ")
                        .contains("current");
                sync(devices.a(), "restore", "docs/letter.txt", "--version", "1").expect(0);
                both.await("docs/letter.txt", "first");
                Lab.write(a.resolve("docs/letter.txt"), "third");
                both.await("docs/letter.txt", "third");
                sync(devices.a(), "restore", "docs/letter.txt", "--at", between.toString())
                        .expect(0);
                both.await("docs/letter.txt", "first");

                trashed(devices, both);
                runA.terminate(LIMIT);
                runB.terminate(LIMIT);
            }
            Lab.assertEqualFolders(a, devices.b().folder());
            problems(devices.a());
            devices.a().verify();
        }
    }

    /** What both running devices come to hold. */
    private record Both(Lab.Pair devices, RunningProcess runA, RunningProcess runB) {
        void await(String path, String text) {
            reached(path + " is " + text, folder -> holds(folder.resolve(path), text));
        }

        void reached(String what, Predicate<Path> there) {
            for (Device device : List.of(devices.a(), devices.b())) {
                Lab.await(
                        () -> what + runA.describe() + runB.describe(),
                        LIMIT,
                        () -> there.test(device.folder()));
            }
        }
    }

    private static boolean holds(Path file, String text) {
        try {
            return Files.exists(file) && Files.readString(file).equals(text);
        } catch (IOException e) {
            // It is being replaced at this moment.
            return false;
        }
    }

    private static void trashed(Lab.Pair devices, Both both) throws IOException {
        Path a = devices.a().folder();
        Path letter = a.resolve("docs/letter.txt");
        Files.delete(letter);
        both.reached("it is gone", folder -> !Files.exists(folder.resolve("docs/letter.txt")));
        assertThat(sync(devices.b(), "history", "docs/letter.txt").text()).contains("in the trash");
        assertThat(sync(devices.b(), "restore", "docs/letter.txt").out())
                .containsExactly("restored docs/letter.txt from the trash");
        both.await("docs/letter.txt", "first");

        // The name is taken, so the old one comes back beside it.
        Files.delete(letter);
        both.reached("it is gone", folder -> !Files.exists(folder.resolve("docs/letter.txt")));
        Lab.write(letter, "another letter");
        both.await("docs/letter.txt", "another letter");
        sync(devices.a(), "restore", "docs/letter.txt").expect(0);
        both.reached("it is beside", folder -> Folders.list(folder.resolve("docs")).size() == 3);
        both.await("docs/letter.txt", "another letter");

        // Its folder is gone, too, and is made again for it.
        Files.delete(a.resolve("docs/other.txt"));
        both.reached("it is gone", folder -> !Files.exists(folder.resolve("docs/other.txt")));
        Folders.delete(a.resolve("docs"));
        both.reached("its folder is gone", folder -> !Files.exists(folder.resolve("docs")));
        sync(devices.a(), "restore", "docs/other.txt").expect(0);
        both.await("docs/other.txt", "other");
    }

    private static void problems(Device device) throws IOException {
        sync(device, "restore", "never was").expect(10);
        sync(device, "restore", "docs/other.txt", "--version", "77").expect(10);
        sync(device, "restore", "docs/other.txt", "--at", "1999-01-01").expect(10);
        sync(device, "restore", "docs/other.txt", "--at", "soon").expect(2);
        sync(device, "restore", "docs/other.txt", "--at", "1d", "--version", "1").expect(2);
        // Deleted here and not on the server yet: it is fetched again.
        Files.delete(device.folder().resolve("docs/other.txt"));
        sync(device, "restore", "docs/other.txt").expect(0);
        device.runOnce();
        assertThat(device.folder().resolve("docs/other.txt")).hasContent("other");
    }

    private static Installation.Finished sync(Device device, String... words) {
        String[] all = words.clone();
        if (all.length > 1) {
            all[1] = device.folder().resolve(all[1]).toString();
        }
        return device.sync(LIMIT, all);
    }
}
