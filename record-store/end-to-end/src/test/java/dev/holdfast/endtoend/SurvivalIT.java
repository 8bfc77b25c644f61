package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever happens to server, state or folder: nothing is deleted, and somebody says what it was.
 */
class SurvivalIT {
    @Test
    void aServerThatWasMadeAnewIsRefusedAndANewLinkMerges() throws IOException {
        try (Lab lab = new Lab("reinstalled")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            plant(devices.a().folder());
            devices.settle();
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
            devices.settle();
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

            devices.settle();
            devices.settle();
            for (Device device : List.of(devices.a(), devices.b())) {
                assertThat(device.folder().resolve("after the backup")).hasContent("later");
                assertThat(contents(device.folder())).contains("one, edited later");
                device.verify();
            }
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
        }
    }

    @Test
    void aLostOrSpoiledDatabaseIsSaidAndMergedAfterANewLink() throws IOException {
        try (Lab lab = new Lab("lost-state")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            plant(devices.a().folder());
            devices.settle();

            // Deleted: the folder is merged with the server as if it were linked for the first
            // time.
            Files.delete(devices.a().state().resolve("state.db"));
            Lab.write(devices.a().folder().resolve("docs/one"), "one, edited meanwhile");
            devices.settle();
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

    @Test
    void aFolderThatIsNotThereIsNoDeletion() throws IOException {
        try (Lab lab = new Lab("moved-folder")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            Path folder = devices.a().folder();
            plant(folder);
            devices.settle();

            Path elsewhere = folder.resolveSibling("elsewhere");
            Files.move(folder, elsewhere);
            gone(devices.a());
            // An empty mount point.
            Files.createDirectory(folder);
            gone(devices.a());
            Files.delete(folder);
            Files.move(elsewhere, folder);
            devices.settle();
            planted(folder);
            planted(devices.b().folder());

            // A device that was revoked deletes nothing either.
            server.revoke("ada-b");
            Installation.Finished revoked = devices.b().tryRunOnce();
            assertThat(revoked.exitCode()).as(revoked.description()).isEqualTo(12);
            assertThat(revoked.text()).contains("revoked");
            planted(devices.b().folder());
        }
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
