package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How editors save: whatever they do to get there, the file keeps its node and its history. */
class SaveDancesIT {
    private static final Duration VISIBLE = Duration.ofSeconds(60);

    private interface Dance {
        void save(Path file, String text) throws IOException;
    }

    private record Editor(String name, Dance dance) {}

    private static final List<Editor> EDITORS =
            List.of(
                    new Editor("in-place", (file, text) -> Files.writeString(file, text)),
                    new Editor("temp-and-rename", SaveDancesIT::renameOver),
                    new Editor("backup-and-create", SaveDancesIT::backupAndCreate),
                    new Editor("delete-and-create", SaveDancesIT::deleteAndCreate),
                    new Editor("truncate-and-write", SaveDancesIT::truncateAndWrite),
                    new Editor("swap-through-backup", SaveDancesIT::swapThroughBackup));

    private static void renameOver(Path file, String text) throws IOException {
        Path temp = file.resolveSibling("." + file.getFileName() + ".swp");
        Files.writeString(temp, text);
        Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** As vim does it with a backup file. */
    private static void backupAndCreate(Path file, String text) throws IOException {
        Path backup = file.resolveSibling(file.getFileName() + "~");
        Files.move(file, backup, StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(file, text);
        Files.delete(backup);
    }

    private static void deleteAndCreate(Path file, String text) throws IOException {
        Files.delete(file);
        Files.writeString(file, text);
    }

    private static void truncateAndWrite(Path file, String text) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(0);
            open.write(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
    }

    /** As office programs do it: a new file, the old one aside, the new one in its place. */
    private static void swapThroughBackup(Path file, String text) throws IOException {
        Path temp = file.resolveSibling("~WRD0001.tmp");
        Path aside = file.resolveSibling("~WRL0002.tmp");
        Files.writeString(temp, text);
        Files.move(file, aside);
        Files.move(temp, file);
        Files.delete(aside);
    }

    @Test
    void everyDanceKeepsTheNodeAndItsHistory() throws IOException {
        try (Lab lab = new Lab("dances")) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            Path a = devices.a().folder();
            Path b = devices.b().folder();
            for (Editor editor : EDITORS) {
                Lab.write(a.resolve(editor.name()), "made");
            }
            devices.settle();
            try (RunningProcess runA = devices.a().run();
                    RunningProcess runB = devices.b().run()) {
                for (int round = 1; round <= 3; round++) {
                    String text = "saved for the " + round + ". time";
                    for (Editor editor : EDITORS) {
                        editor.dance().save(a.resolve(editor.name()), text);
                    }
                    for (Editor editor : EDITORS) {
                        Lab.await(
                                () -> editor.name() + runA.describe() + runB.describe(),
                                VISIBLE,
                                () -> holds(b.resolve(editor.name()), text));
                    }
                }
                runA.terminate(VISIBLE);
                runB.terminate(VISIBLE);
            }
            devices.settle();
            Lab.assertEqualFolders(a, b);
            for (Editor editor : EDITORS) {
                assertThat(versions(devices.a(), editor.name()))
                        .as("versions of %s", editor.name())
                        .isEqualTo(4);
            }
            devices.b().verify();
        }
    }

    private static int versions(Device device, String name) {
        return device.sync(VISIBLE, "history", device.folder().resolve(name).toString())
                .expect(0)
                .out()
                .size();
    }

    private static boolean holds(Path file, String text) {
        try {
            return Files.exists(file) && Files.readString(file).equals(text);
        } catch (IOException e) {
            // It is being replaced at this moment.
            return false;
        }
    }
}
