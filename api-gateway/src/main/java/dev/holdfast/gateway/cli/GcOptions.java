package dev.holdfast.gateway.cli;

import dev.holdfast.blockgc.CollectionSettings;
import dev.holdfast.blockgc.PaceConfig;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options of the processes that collect. */
final class GcOptions {
    @Option(
            names = "--gc-period",
            paramLabel = "TIME",
            defaultValue = "5m",
            converter = DurationConverter.class,
            description = "Between two collections (default: ${DEFAULT-VALUE}).")
    private Duration period = Duration.ofMinutes(5);

    @Option(
            names = "--gc-chunk-grace",
            paramLabel = "TIME",
            defaultValue = "1d",
            converter = DurationConverter.class,
            description =
                    "Before a chunk that nothing references is dropped (default:"
                            + " ${DEFAULT-VALUE}).")
    private Duration chunkGrace = Duration.ofDays(1);

    @Option(
            names = "--gc-trash-grace",
            paramLabel = "TIME",
            defaultValue = "1d",
            converter = DurationConverter.class,
            description = "Before an empty pack is deleted (default: ${DEFAULT-VALUE}).")
    private Duration trashGrace = Duration.ofDays(1);

    @Option(
            names = "--gc-readers-wait",
            paramLabel = "TIME",
            defaultValue = "65s",
            converter = DurationConverter.class,
            description =
                    "What stays of that with gc run --now: as long as somebody may go on reading"
                            + " where he began (default: ${DEFAULT-VALUE}).")
    private Duration readersWait = Duration.ofSeconds(65);

    @Option(
            names = "--gc-deletions-kept",
            paramLabel = "TIME",
            defaultValue = "400d",
            converter = DurationConverter.class,
            description =
                    "How long it is remembered which packs were deleted, why and by which job"
                            + " (default: ${DEFAULT-VALUE}).")
    private Duration deletionsKept = Duration.ofDays(400);

    @Option(
            names = "--gc-dead-percent",
            paramLabel = "N",
            defaultValue = "20",
            description =
                    "Of the bytes in packs, what may be dead before packs are rewritten (default:"
                            + " ${DEFAULT-VALUE}).")
    private int deadPercent = 20;

    @Option(
            names = "--gc-lease",
            paramLabel = "TIME",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description =
                    "How long a dead worker's part waits for another worker (default:"
                            + " ${DEFAULT-VALUE}).")
    private Duration lease = Duration.ofSeconds(30);

    @Option(
            names = "--gc-concurrency",
            paramLabel = "N",
            defaultValue = "2",
            description = "Pieces of the collection at once (default: ${DEFAULT-VALUE}).")
    private int concurrency = 2;

    @Option(
            names = "--gc-busy-percent",
            paramLabel = "N",
            defaultValue = "50",
            description =
                    "Of its time, what a piece works while the stores are quick; less when they"
                            + " become slow (default: ${DEFAULT-VALUE}).")
    private int busyPercent = 50;

    @Option(
            names = "--gc-rewrite-rate",
            paramLabel = "SIZE",
            defaultValue = "64M",
            converter = SizeConverter.class,
            description = "Bytes a second that are rewritten at most (default: ${DEFAULT-VALUE}).")
    private long rewriteRate = 64L << 20;

    /** What they say. */
    CollectionSettings settings() {
        try {
            return new CollectionSettings(
                    period,
                    chunkGrace,
                    trashGrace,
                    readersWait,
                    deletionsKept,
                    deadPercent / 100.0,
                    lease,
                    PaceConfig.defaults().with(concurrency, rewriteRate, busyPercent / 100.0));
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(
                    ExitCode.USAGE, "the --gc-… options do not fit: " + e.getMessage(), e);
        }
    }
}
