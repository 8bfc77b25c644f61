package dev.holdfast.testing.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One place Holdfast is installed at: its launcher, and the environment commands run in. Settings
 * that happen to be in this process's environment are kept from the commands: a test on an empty
 * directory must not end up on the cluster that {@code HOLDFAST_FDB_CLUSTER_FILE} names.
 */
public final class Installation {
    /** Variables that change how a command runs or who it is, not what it works on. */
    private static final Set<String> KEPT =
            Set.of(
                    "HOLDFAST_HEAP",
                    "HOLDFAST_SYNC_HEAP",
                    "HOLDFAST_JAVA_OPTS",
                    "HOLDFAST_HDFS_CONF",
                    "HOLDFAST_HDFS_PRINCIPAL",
                    "HOLDFAST_HDFS_KEYTAB");

    private final Path launcher;
    private final Map<String, @Nullable String> environment;

    /**
     * Uses a launcher.
     *
     * @param scratch a folder for state and caches, so that no command touches the user's own
     */
    public Installation(Path launcher, Path scratch) {
        this.launcher = launcher;
        this.environment = new HashMap<>();
        System.getenv().keySet().stream()
                .filter(name -> name.startsWith("HOLDFAST_") && !KEPT.contains(name))
                .forEach(name -> environment.put(name, null));
        environment.put("XDG_STATE_HOME", scratch.resolve("state").toString());
        environment.put("XDG_CACHE_HOME", scratch.resolve("cache").toString());
    }

    /** The launcher that the build or {@code holdfast bench} named. */
    public static Installation current(Path scratch) {
        String launcher = System.getProperty("holdfast.launcher");
        if (launcher == null) {
            launcher = System.getenv("HOLDFAST_LAUNCHER");
        }
        if (launcher == null || !Files.isExecutable(Path.of(launcher))) {
            throw new IllegalStateException(
                    "no launcher: run `./mvnw verify`, or set -Dholdfast.launcher to the holdfast script");
        }
        return new Installation(Path.of(launcher), scratch);
    }

    /** Starts a command and returns at once. */
    public RunningProcess start(@Nullable Path directory, List<String> arguments) {
        return start(directory, arguments, Map.of());
    }

    /** As {@link #start(Path, List)}, with more environment; a null value removes a variable. */
    public RunningProcess start(
            @Nullable Path directory, List<String> arguments, Map<String, @Nullable String> more) {
        Map<String, @Nullable String> all = new HashMap<>(environment);
        all.putAll(more);
        List<String> command = new ArrayList<>();
        command.add(launcher.toString());
        command.addAll(arguments);
        return RunningProcess.start(command, directory, all);
    }

    /** Runs a command to its end. */
    public Finished run(Duration limit, String... arguments) {
        try (RunningProcess process = start(null, List.of(arguments))) {
            int exitCode = process.awaitExit(limit);
            return new Finished(exitCode, process.out(), process.err(), process.describe());
        }
    }

    /** A command that ended. */
    public record Finished(int exitCode, List<String> out, List<String> err, String description) {
        public Finished {
            out = List.copyOf(out);
            err = List.copyOf(err);
        }

        /** Fails with all output unless the exit code is the expected one. */
        public Finished expect(int expected) {
            if (exitCode != expected) {
                throw new AssertionError(
                        "exit code " + exitCode + " instead of " + expected + description);
            }
            return this;
        }

        public String text() {
            return String.join("\n", out) + "\n" + String.join("\n", err);
        }
    }
}
