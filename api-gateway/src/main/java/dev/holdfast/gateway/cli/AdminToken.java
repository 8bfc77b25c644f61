package dev.holdfast.gateway.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the admin token: in the environment, in a file it names, or in the data directory. */
final class AdminToken {
    static final String VARIABLE = "HOLDFAST_ADMIN_TOKEN";
    static final String FILE_VARIABLE = "HOLDFAST_ADMIN_TOKEN_FILE";

    private AdminToken() {}

    /** The token that the environment gives, or null. */
    static @Nullable String given(Map<String, String> environment) {
        String token = environment.get(VARIABLE);
        if (token != null && !token.isBlank()) {
            return token.strip();
        }
        String file = environment.get(FILE_VARIABLE);
        return file == null ? null : read(Path.of(file));
    }

    /** The token to show to a server. */
    static String find(Map<String, String> environment, Path data) {
        String given = given(environment);
        return given != null ? given : read(data.resolve("admin.token"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.NOT_ALLOWED,
                    "no admin token in "
                            + file.toAbsolutePath().normalize()
                            + "; name the server's data directory with --data, or set "
                            + VARIABLE
                            + " or "
                            + FILE_VARIABLE,
                    e);
        }
    }
}
