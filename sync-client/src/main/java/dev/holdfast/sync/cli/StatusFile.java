package dev.holdfast.sync.cli;

import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the running client last said about itself, {@code status.json} in the state directory.
 *
 * @param state one of syncing, up-to-date, waiting, offline, paused, stopped
 * @param message one line for a person
 * @param atMillis when, in milliseconds since 1970-01-01T00:00:00Z
 * @param equalAtMillis when both sides were last equal; 0 for never
 * @param waiting by path, why it is not in step; at most some hundred of them
 */
record StatusFile(
        String state,
        String message,
        long atMillis,
        long equalAtMillis,
        int files,
        int pending,
        int heldDeletes,
        Map<String, String> waiting) {
    private static final String FILE = "status.json";

    StatusFile {
        waiting = Map.copyOf(waiting);
    }

    void save(Path state) throws IOException {
        Path next = state.resolve(FILE + ".next");
        Files.write(next, WireJson.mapper().writeValueAsBytes(this));
        Files.move(next, state.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    static @Nullable StatusFile load(Path state) throws IOException {
        try {
            return WireJson.mapper()
                    .readValue(Files.readAllBytes(state.resolve(FILE)), StatusFile.class);
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
