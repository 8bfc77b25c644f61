package dev.holdfast.gateway.cli;

import dev.holdfast.gateway.workers.JobDocument;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fsck}: checks rows and files against each other; reads only. */
@Command(
        name = "fsck",
        description =
                "Check references, chunks, packs and files against each other; changes nothing.",
        footer = "Exit codes: 0 nothing found, 4 problems remain, 1 failed.",
        sortOptions = false)
final class FsckCommand extends JobAsking {
    @Option(
            names = "--rebuild-index",
            description = {
                "Write the rows of chunks again from the packs alone, after a catastrophe, and say",
                "which files are whole. Exit code 3: rows were missing, and all files are whole."
            })
    private boolean rebuildIndex;

    @Option(names = "--detach", description = "Do not wait; print the job's id.")
    private boolean detach;

    FsckCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (rebuildIndex) {
            return new RepairJobs(client(), terminal(), json())
                    .order("/v1/admin/repair/index-rebuilds", Map.of(), detach);
        }
        JobDocument submitted = client().post("/v1/admin/fsck", Map.of(), JobDocument.class);
        JobWatch watch = watch();
        if (detach) {
            return watch.detached(submitted);
        }
        JobDocument job =
                watch.await(submitted, finding -> terminal().line(JobCommand.line(finding)));
        int outcome = watch.outcome(job);
        if (outcome != ExitCode.OK) {
            return outcome;
        }
        long errors = job.counts().getOrDefault("errors", 0L);
        long warnings = job.counts().getOrDefault("warnings", 0L);
        terminal()
                .message(
                        errors + warnings == 0
                                ? "nothing is wrong"
                                : errors + " errors, " + warnings + " warnings");
        return errors + warnings == 0 ? ExitCode.OK : ExitCode.PROBLEMS_REMAIN;
    }
}
