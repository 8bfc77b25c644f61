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
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever happens to server, state or folder: nothing is deleted, and somebody says what it was.
 */
class SurvivalIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** With more of them the flood would take too long. */
    private static final int QUEUED_EVENTS_MAX = 100_000;

    @Test
    void aServerThatWasMadeAnewIsRefusedAndANewLinkMerges() throws IOException {
        try (Lab lab = new Lab("reinstalled")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            plant(devices.a().folder());
            devices.a().runOnce();
            server.stop();
            Folders.delete(server.data());
            ServerProcess anew = lab.restart(server);

            Installation.Finished refused = devices.a().tryRunOnce();
            assertThat(refused.exitCode()).as(refused.description()).isNotZero();
            assertThat(refused.text()).contains("link").contains("merged");
            planted(devices.a().folder());

            anew.addAccount("ada");
            Device again = lab.device(anew, "ada", "ada-a");
            again.runOnce();
            planted(again.folder());
            Device other = lab.device(anew, "ada", "ada-b");
            Lab.write(other.folder().resolve("only on b"), "b");
            other.runOnce();
            again.runOnce();
            planted(other.folder());
            Lab.assertEqualFolders(again.folder(), other.folder());
            again.verify();
        }
    }

    @Test
    void aServerRestoredFromAnOldBackupGetsBackWhatTheDevicesHave() throws IOException {
        try (Lab lab = new Lab("old-backup")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            plant(devices.a().folder());
            there(devices);
            server.stop();
            copy(server.data(), lab.path("backup"));
            ServerProcess later = lab.restart(server);
            Lab.write(devices.a().folder().resolve("after the backup"), "later");
            Lab.write(devices.b().folder().resolve("docs/one"), "one, edited later");
            Files.delete(devices.b().folder().resolve("docs/two"));
            devices.settle();
            later.stop();
            Folders.delete(server.data());
            copy(lab.path("backup"), server.data());
            lab.restart(later);

            there(devices);
            there(devices);
            for (Device device : List.of(devices.a(), devices.b())) {
                assertThat(device.folder().resolve("after the backup")).hasContent("later");
                assertThat(contents(device.folder())).contains("one, edited later");
                device.verify();
            }
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
        }
    }

    @Test
    void lostDatabasesMissingFoldersAndLostEventsDeleteNothing() throws IOException {
        try (Lab lab = new Lab("survival")) {
            ServerProcess server = lab.server("data");
            theFolderIsNotThere(lab, server);
            theClientSleptThroughAFlood(lab, server);
            Lab.Pair devices = lab.pair(server, "ada");
            plant(devices.a().folder());
            there(devices);

            // Deleted: the folder is merged with the server as if it were linked for the first
            // time.
            Files.delete(devices.a().state().resolve("state.db"));
            Lab.write(devices.a().folder().resolve("docs/one"), "one, edited meanwhile");
            there(devices);
            planted(devices.b().folder());
            assertThat(contents(devices.b().folder())).contains("one, edited meanwhile");
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());

            // Spoiled: nothing is done, and somebody is told what to do.
            Files.writeString(devices.b().state().resolve("state.db"), "this is no database");
            Installation.Finished spoiled = devices.b().tryRunOnce();
            assertThat(spoiled.exitCode()).as(spoiled.description()).isEqualTo(1);
            assertThat(spoiled.text()).contains("state.db").contains("link the folder again");
            planted(devices.b().folder());
            Device again = lab.device(server, "ada", "ada-b");
            again.runOnce();
            Lab.assertEqualFolders(devices.a().folder(), again.folder());
            again.verify();
        }
    }

    private static void theFolderIsNotThere(Lab lab, ServerProcess server) throws IOException {
        Lab.Pair devices = lab.pair(server, "bob");
        Path folder = devices.a().folder();
        plant(folder);
        there(devices);

        Path elsewhere = folder.resolveSibling("elsewhere");
        Files.move(folder, elsewhere);
        gone(devices.a());
        // An empty mount point.
        Files.createDirectory(folder);
        gone(devices.a());
        Files.delete(folder);
        Files.move(elsewhere, folder);
        there(devices);
        planted(folder);
        planted(devices.b().folder());

        // A device that was revoked deletes nothing either.
        server.revoke("bob-b");
        Installation.Finished revoked = devices.b().tryRunOnce();
        assertThat(revoked.exitCode()).as(revoked.description()).isEqualTo(12);
        assertThat(revoked.text()).contains("revoked");
        planted(devices.b().folder());
    }

    /** More changes than the kernel keeps while the client does not come to read them. */
    private static void theClientSleptThroughAFlood(Lab lab, ServerProcess server)
            throws IOException {
        Path limit = Path.of("/proc/sys/fs/inotify/max_queued_events");
        int kept = Files.exists(limit) ? Integer.parseInt(Files.readString(limit).strip()) : 0;
        if (kept == 0 || kept > QUEUED_EVENTS_MAX) {
            System.err.println("SKIPPED: the kernel keeps " + kept + " events");
            return;
        }
        Lab.Pair devices = lab.pair(server, "eve");
        Path a = devices.a().folder();
        Path b = devices.b().folder();
        try (RunningProcess runA = devices.a().run();
                RunningProcess runB = devices.b().run()) {
            Supplier<String> how = () -> runA.describe() + runB.describe();
            Lab.write(a.resolve("docs/quiet"), "before");
            Lab.write(a.resolve("flood/one"), "");
            Lab.write(a.resolve("flood/two"), "");
            Lab.await(how, LIMIT, () -> Files.exists(b.resolve("docs/quiet")));
            Lab.await(how, LIMIT, () -> Files.exists(b.resolve("flood/two")));
            // Now they are watched, and not only found by the first scan.
            Lab.write(a.resolve("docs/watched"), "watched");
            Lab.await(how, LIMIT, () -> Files.exists(b.resolve("docs/watched")));
            signal("STOP", runA);
            for (int i = 0; i < kept; i++) {
                Path file = a.resolve(i % 2 == 0 ? "flood/one" : "flood/two");
                Files.writeString(file, "x", StandardOpenOption.APPEND);
            }
            Lab.write(a.resolve("docs/lost event"), "in no event");
            signal("CONT", runA);
            Lab.await(how, LIMIT, () -> Files.exists(b.resolve("docs/lost event")));
            runA.terminate(LIMIT);
            runB.terminate(LIMIT);
        }
    }

    private static void signal(String name, RunningProcess process) {
        String pid = Long.toString(process.pid());
        try (RunningProcess kill =
                RunningProcess.start(List.of("kill", "-" + name, pid), null, Map.of())) {
            assertThat(kill.awaitExit(LIMIT)).isZero();
        }
    }

    /** What the first device has comes to the second. */
    private static void there(Lab.Pair devices) {
        devices.a().runOnce();
        devices.b().runOnce();
    }

    private static void gone(Device device) {
        Installation.Finished run = device.tryRunOnce();
        assertThat(run.exitCode()).as(run.description()).isEqualTo(1);
        assertThat(run.text()).contains("not there, or not mounted");
    }

    private static void plant(Path folder) {
        Lab.write(folder.resolve("docs/one"), "one");
        Lab.write(folder.resolve("docs/two"), "two");
        Lab.write(folder.resolve("pictures/large"), Lab.bytes(1, 3 << 20));
    }

    private static void planted(Path folder) {
        assertThat(folder.resolve("docs/one")).exists();
        assertThat(folder.resolve("docs/two")).hasContent("two");
        assertThat(folder.resolve("pictures/large")).hasBinaryContent(Lab.bytes(1, 3 << 20));
    }

    private static List<String> contents(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("docs"))) {
            return files.filter(Files::isRegularFile).map(SurvivalIT::read).toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(
                        file,
                        to.resolve(from.relativize(file).toString()),
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
