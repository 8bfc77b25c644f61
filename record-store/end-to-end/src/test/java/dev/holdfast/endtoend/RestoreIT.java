package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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
            Lab.write(a.resolve("docs/letter.txt"), "first");
            Lab.write(a.resolve("docs/other.txt"), "other");
            devices.a().runOnce();
            Instant between = Instant.now();
            Lab.write(a.resolve("docs/letter.txt"), "second");
            devices.a().runOnce();

            assertThat(sync(devices.a(), "history", "docs/letter.txt").out())
                    .hasSize(2)
                    .first()
                    .asString()
                    .startsWith("2 ")
                    .contains("current");
            sync(devices.a(), "restore", "docs/letter.txt", "--version", "1").expect(0);
            devices.a().runOnce();
            assertThat(a.resolve("docs/letter.txt")).hasContent("first");
            Lab.write(a.resolve("docs/letter.txt"), "third");
            devices.a().runOnce();
            sync(devices.a(), "restore", "docs/letter.txt", "--at", between.toString()).expect(0);
            devices.settle();
            assertThat(a.resolve("docs/letter.txt")).hasContent("first");
            Lab.assertEqualFolders(a, devices.b().folder());

            trashed(devices);
            problems(devices.a());
            devices.a().verify();
        }
    }

    private static void trashed(Lab.Pair devices) throws IOException {
        Path a = devices.a().folder();
        Files.delete(a.resolve("docs/letter.txt"));
        devices.settle();
        assertThat(sync(devices.b(), "history", "docs/letter.txt").text()).contains("in the trash");
        assertThat(sync(devices.b(), "restore", "docs/letter.txt").out())
                .containsExactly("restored docs/letter.txt from the trash");
        devices.settle();
        assertThat(a.resolve("docs/letter.txt")).hasContent("first");

        // The name is taken, so the old one comes back beside it.
        Files.delete(a.resolve("docs/letter.txt"));
        devices.settle();
        Lab.write(a.resolve("docs/letter.txt"), "another letter");
        devices.settle();
        sync(devices.a(), "restore", "docs/letter.txt").expect(0);
        devices.settle();
        assertThat(a.resolve("docs/letter.txt")).hasContent("another letter");
        assertThat(Folders.list(a.resolve("docs"))).hasSize(3);

        // Its folder is gone, too, and is made again for it.
        Files.delete(a.resolve("docs/other.txt"));
        devices.settle();
        Folders.delete(a.resolve("docs"));
        devices.settle();
        sync(devices.a(), "restore", "docs/other.txt").expect(0);
        devices.settle();
        assertThat(a.resolve("docs/other.txt")).hasContent("other");
        Lab.assertEqualFolders(a, devices.b().folder());
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
