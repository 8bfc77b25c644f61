package dev.holdfast.gateway.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values of options that are not on the command line: from {@code HOLDFAST_*} variables, else from
 * the configuration file, whose keys are the long options without their hyphens in front. A key
 * that is none is refused by name.
 */
final class ConfiguredDefaults implements IDefaultValueProvider {
    static final String FILE_OPTION = "--config";
    private static final String FILE_VARIABLE = "HOLDFAST_CONFIG";

    /** Options that configure nothing: they ask for something once. */
    private static final Set<String> NEVER =
            Set.of("--help", "--version", "--json", "--debug", FILE_OPTION, "--quota", "--remove");

    private static final Set<String> KEYS =
            Set.of(
                    "data",
                    "listen",
                    "admin-listen",
                    "fdb-cluster-file",
                    "gc-busy-percent",
                    "gc-chunk-grace",
                    "gc-concurrency",
                    "gc-dead-percent",
                    "gc-deletions-kept",
                    "gc-lease",
                    "gc-period",
                    "gc-readers-wait",
                    "gc-rewrite-rate",
                    "gc-trash-grace",
                    "hdfs-uri",
                    "datanodes",
                    "replication",
                    "tls-cert",
                    "tls-key",
                    "insecure-http",
                    "url");

    private final Map<String, String> environment;
    private final Properties file;

    private ConfiguredDefaults(Map<String, String> environment, Properties file) {
        this.environment = environment;
        this.file = file;
    }

    /** Reads the configuration file that the arguments or the environment name, if any. */
    static ConfiguredDefaults read(List<String> arguments, Map<String, String> environment) {
        String named = argument(arguments);
        if (named == null) {
            named = environment.get(FILE_VARIABLE);
        }
        Properties file = new Properties();
        if (named != null) {
            Path path = Path.of(named);
            try (Reader reader = Files.newBufferedReader(path)) {
                file.load(reader);
            } catch (IOException e) {
                throw new CommandFailure(
                        ExitCode.USAGE, "the configuration file " + path + " cannot be read", e);
            }
            Set<String> unknown = new TreeSet<>(file.stringPropertyNames());
            unknown.removeAll(KEYS);
            if (!unknown.isEmpty()) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        path
                                + " has unknown keys "
                                + unknown
                                + "; known are "
                                + new TreeSet<>(KEYS));
            }
        }
        return new ConfiguredDefaults(environment, file);
    }

    private static @Nullable String argument(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.startsWith(FILE_OPTION + "=")) {
                return argument.substring(FILE_OPTION.length() + 1);
            }
            if (argument.equals(FILE_OPTION) && i + 1 < arguments.size()) {
                return arguments.get(i + 1);
            }
        }
        return null;
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option) || NEVER.contains(option.longestName())) {
            return null;
        }
        String key = option.longestName().substring(2);
        String variable = "HOLDFAST_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
        String value = environment.get(variable);
        return value != null ? value : file.getProperty(key);
    }
}
