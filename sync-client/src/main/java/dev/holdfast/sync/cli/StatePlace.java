package dev.holdfast.sync.cli;

import dev.holdfast.model.Sha256;
import dev.holdfast.sync.disk.FolderDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which link a command is about: by its state directory, its folder, or where one stands. */
final class StatePlace {
    /** In the folder's own {@code .holdfast}: where the state directory is. */
    static final String POINTER = "state";

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description =
                    "the link's state directory (default: one under $$XDG_STATE_HOME/holdfast that"
                            + " is derived from the folder)")
    @Nullable Path state;

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description = "the synced folder (default: the one you stand in)")
    @Nullable Path folder;

    /** The state directory; it need not exist. */
    Path resolve() throws CommandException {
        if (state != null) {
            return state.toAbsolutePath().normalize();
        }
        if (folder != null) {
            return ofFolder(folder);
        }
        Path here = Path.of("").toAbsolutePath();
        for (Path at = here; at != null; at = at.getParent()) {
            if (Files.isRegularFile(marker(at, FolderDisk.MARKER))) {
                return ofFolder(at);
            }
        }
        throw new CommandException(
                ExitCode.NOT_FOUND,
                here
                        + " is in no synced folder; name it with --folder DIR or --state DIR, or"
                        + " link one with `holdfast sync link`");
    }

    private static Path marker(Path folder, String name) {
        return folder.resolve(FolderDisk.OWN_FOLDER).resolve(name);
    }

    private static Path ofFolder(Path folder) throws CommandException {
        Path real = folder.toAbsolutePath().normalize();
        Path pointer = marker(real, POINTER);
        if (Files.isRegularFile(pointer)) {
            try {
                return Path.of(Files.readString(pointer, StandardCharsets.UTF_8).strip());
            } catch (IOException e) {
                throw new CommandException(
                        ExitCode.FAILED, pointer + " cannot be read: " + e.getMessage());
            }
        }
        return byDefault(real);
    }

    /** Where the state of a folder is unless something else is asked for. */
    static Path byDefault(Path folder) {
        String base = System.getenv("XDG_STATE_HOME");
        Path root =
                base == null || base.isEmpty()
                        ? Path.of(System.getProperty("user.home"), ".local", "state")
                        : Path.of(base);
        String key =
                Sha256.hash(folder.toString().getBytes(StandardCharsets.UTF_8))
                        .toString()
                        .substring(0, 16);
        String name = String.valueOf(folder.getFileName()).replaceAll("[^A-Za-z0-9._-]", "_");
        return root.resolve("holdfast")
                .resolve(name.substring(0, Math.min(40, name.length())) + "-" + key);
    }
}
