package dev.holdfast.gateway.cli;

import dev.holdfast.metadata.MetadataStore;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code admin restored}: begins an incarnation, without a server. */
@Command(
        name = "restored",
        description = {
            "Tell the metadata that they were restored from a backup of the FoundationDB cluster, or",
            "copied to another one, before any gateway serves them: each device then compares its",
            "whole folder with the server instead of reading on in a feed that is another one now.",
            "Once is enough; once more does no harm. An embedded server notices it by itself."
        },
        sortOptions = false)
final class RestoredCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--fdb-cluster-file",
            paramLabel = "FILE",
            description = "The FoundationDB cluster that holds the metadata.")
    private @Nullable Path fdbClusterFile;

    @Mixin private CommonOptions common = new CommonOptions();

    RestoredCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** What {@code --json} prints. */
    record Restored(String cell, int incarnation) {}

    @Override
    public Integer call() {
        if (fdbClusterFile == null) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "restored needs --fdb-cluster-file; an embedded server notices by itself that"
                            + " its data directory is a copy");
        }
        try (MetadataStore store = Engines.openMetadata(Engines.cluster(fdbClusterFile), false)) {
            String cell = store.cellId();
            int incarnation = store.upkeep().raiseIncarnation();
            if (common.json()) {
                terminal.json(new Restored(cell, incarnation));
            } else {
                terminal.line("cell " + cell + ", incarnation " + incarnation);
            }
        }
        return ExitCode.OK;
    }
}
