package dev.holdfast.gateway.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of every command. */
final class CommonOptions {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    private boolean help;

    @Option(names = "--json", description = "Print data as JSON on stdout.")
    private boolean json;

    @Option(names = "--debug", description = "Show stack traces and detailed messages.")
    private boolean debug;

    @Option(
            names = ConfiguredDefaults.FILE_OPTION,
            paramLabel = "FILE",
            description = "Configuration file: key=value, the keys being the long options.")
    private @Nullable String config;

    boolean json() {
        return json;
    }

    boolean debug() {
        return debug;
    }

    boolean helpRequested() {
        return help;
    }

    @Nullable String config() {
        return config;
    }
}
