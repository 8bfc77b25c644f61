package dev.holdfast.gateway.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options of the commands that talk to a running server. */
final class AdminOptions {
    static final String DEFAULT_URL = "http://127.0.0.1:8081";

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = DEFAULT_URL,
            description = "The server's admin listener (default: ${DEFAULT-VALUE}).")
    private String url = DEFAULT_URL;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "./data",
            description =
                    "The server's data directory, for its admin.token (default: ${DEFAULT-VALUE})."
                            + " HOLDFAST_ADMIN_TOKEN and HOLDFAST_ADMIN_TOKEN_FILE win over it.")
    private Path data = Path.of("data");

    AdminClient client(Terminal terminal) {
        return new AdminClient(url, AdminToken.find(terminal.environment(), data));
    }
}
