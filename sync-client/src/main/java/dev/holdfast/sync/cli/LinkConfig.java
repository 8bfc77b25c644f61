package dev.holdfast.sync.cli;

import com.fasterxml.jackson.core.JacksonException;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code link} settled, kept as {@code link.json} in the state directory.
 *
 * @param link random; the folder's marker holds it, too
 * @param caFile PEM file of the authorities to trust; null for the platform's
 */
record LinkConfig(
        String link,
        String url,
        String folder,
        String account,
        DeviceId device,
        String deviceName,
        NamespaceId namespace,
        String namespaceName,
        String cell,
        @Nullable String caFile) {
    private static final String FILE = "link.json";

    static LinkConfig load(Path state) throws CommandException {
        try {
            return WireJson.mapper()
                    .readValue(Files.readAllBytes(state.resolve(FILE)), LinkConfig.class);
        } catch (NoSuchFileException e) {
            throw new CommandException(
                    ExitCode.NOT_FOUND,
                    "no link in " + state + "; link a folder with `holdfast sync link`");
        } catch (JacksonException e) {
            throw new CommandException(
                    ExitCode.FAILED,
                    state.resolve(FILE) + " is damaged; link the folder again: files are merged");
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED, state.resolve(FILE) + " cannot be read: " + e.getMessage());
        }
    }

    static boolean exists(Path state) {
        return Files.exists(state.resolve(FILE));
    }

    void save(Path state) throws IOException {
        byte[] bytes =
                WireJson.mapper()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(this)
                        .getBytes(StandardCharsets.UTF_8);
        StateFile.replace(state.resolve(FILE), bytes);
    }

    static void delete(Path state) throws IOException {
        Files.deleteIfExists(state.resolve(FILE));
    }
}
