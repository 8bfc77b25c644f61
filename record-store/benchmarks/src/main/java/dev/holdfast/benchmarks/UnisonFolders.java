package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Two folders of one machine that unison keeps equal, watching them or looking every second. */
final class UnisonFolders implements TwoFolders {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final Path from;
    private final Path to;
    private final RunningProcess unison;

    private UnisonFolders(Path from, Path to, RunningProcess unison) {
        this.from = from;
        this.to = to;
        this.unison = unison;
    }

    /** Starts it; empty where it is not installed. */
    static Optional<TwoFolders> start(Path scratch) throws IOException {
        Path program = onPath("unison");
        if (program == null) {
            return Optional.empty();
        }
        // Debian's package has no watcher: it then looks every second.
        String repeat = onPath("unison-fsmonitor") == null ? "1" : "watch";
        Path from = Files.createDirectories(scratch.resolve("unison-a"));
        Path to = Files.createDirectories(scratch.resolve("unison-b"));
        RunningProcess process =
                RunningProcess.start(
                        List.of(
                                program.toString(),
                                from.toString(),
                                to.toString(),
                                "-repeat",
                                repeat,
                                "-auto",
                                "-batch",
                                "-silent"),
                        scratch,
                        Map.of("UNISON", scratch.resolve("unison-state").toString()));
        return Optional.of(new UnisonFolders(from, to, process));
    }

    static @org.jspecify.annotations.Nullable Path onPath(String name) {
        for (String folder : String.valueOf(System.getenv("PATH")).split(":", -1)) {
            Path program = Path.of(folder).resolve(name);
            if (Files.isExecutable(program)) {
                return program;
            }
        }
        return null;
    }

    @Override
    public Path from() {
        return from;
    }

    @Override
    public Path to() {
        return to;
    }

    @Override
    public long wireBytes() {
        return -1;
    }

    @Override
    public double processorSeconds() {
        return HoldfastFolders.seconds(unison);
    }

    @Override
    public long peakBytes() {
        return unison.peakResidentBytes().orElse(0L);
    }

    @Override
    public String describe() {
        return unison.describe();
    }

    @Override
    public void close() {
        unison.terminate(STOP_LIMIT);
        unison.close();
    }
}
