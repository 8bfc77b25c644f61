package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Two devices keep a real tree equal through the server. */
class MainJobIT {
    @Test
    void aRealTreeTravelsAndStaysEqual() throws IOException {
        try (Lab lab = new Lab("main-job")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            Path a = devices.a().folder();
            Path b = devices.b().folder();
            long files = RealTree.plant(a);
            assertThat(files).as("files of the real tree").isGreaterThan(1_000);

            devices.a().runOnce();
            devices.b().runOnce();
            Lab.assertEqualFolders(a, b);
            devices.a().verify();
            devices.b().verify();

            changeEverything(a.resolve("awkward"), b.resolve("awkward"));
            devices.settle();
            Lab.assertEqualFolders(a, b);
            devices.a().verify();
            devices.b().verify();

            // A restarted server finds everything: a third device gets the same tree from it.
            server.stop();
            ServerProcess again = lab.restart(server);
            Device c = lab.device(again, "ada", "ada-c");
            c.runOnce();
            Lab.assertEqualFolders(a, c.folder());

            Folders.delete(a.resolve("jdk"));
            Folders.delete(a.resolve("share"));
            devices.a().runOnce("--max-delete", "off");
            devices.b().runOnce("--max-delete", "off");
            Lab.assertEqualFolders(a, b);
            assertThat(b.resolve("jdk")).doesNotExist();
        }
    }

    /** Edits of every kind, some made on each device, none touching what the other changes. */
    private static void changeEverything(Path a, Path b) throws IOException {
        Files.move(a.resolve("one byte"), a.resolve("renamed"));
        Files.move(a.resolve("日本語"), a.resolve("empty folder/moved"));
        Files.writeString(a.resolve("pod"), "lower, edited");
        Files.delete(a.resolve("old"));
        Files.delete(a.resolve("link to a file"));
        Files.createSymbolicLink(a.resolve("link to a file"), Path.of("renamed"));
        Files.setPosixFilePermissions(
                a.resolve("Pod"), PosixFilePermissions.fromString("rwxr--r--"));
        Files.writeString(b.resolve("several chunks"), "appended", StandardOpenOption.APPEND);
        Lab.write(b.resolve("new/on b/file"), "new on b");
        Files.delete(b.resolve("empty file"));
        Folders.delete(b.resolve("d0"));
        Lab.write(b.resolve("d0"), "a file where a folder was");
    }

    @Test
    @EnabledIfSystemProperty(named = "holdfast.soak", matches = "true")
    void aFileOfMoreThanAGibibyteTravels() throws IOException {
        try (Lab lab = new Lab("large-file")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            Path large = devices.a().folder().resolve("large");
            for (int part = 0; part < 20; part++) {
                Files.write(
                        large,
                        Lab.bytes(part, (64 << 20) + part),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            devices.a().runOnce();
            devices.b().runOnce();
            Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
        }
    }
}
