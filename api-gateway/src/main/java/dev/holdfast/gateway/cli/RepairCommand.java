package dev.holdfast.gateway.cli;

import dev.holdfast.gateway.workers.RepairRoutes;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code repair …}: scrub what is stored, and read what a scrub has found. */
@Command(
        name = "repair",
        description = "Find damage of stored chunks and mend it.",
        mixinStandardHelpOptions = true)
final class RepairCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw Groups.missing(spec);
    }

    static CommandLine assemble(Terminal terminal) {
        return new CommandLine(new RepairCommand())
                .addSubcommand(new Scrub(terminal))
                .addSubcommand(new Report(terminal))
                .addSubcommand(new Worker(terminal));
    }

    @Command(
            name = "scrub",
            description = {
                "Read every stored pack and check every chunk in it.",
                "Without --apply nothing is changed. Exit codes: 0 nothing is wrong, 3 problems"
                        + " were found and all are repaired, 4 problems remain."
            })
    static final class Scrub extends JobAsking {
        @Option(
                names = "--all-replicas",
                description = "Read every replica; otherwise one each, another one every time.")
        private boolean allReplicas;

        @Option(names = "--apply", description = "Repair what is found.")
        private boolean apply;

        @Option(
                names = "--bytes-per-second",
                paramLabel = "SIZE",
                converter = SizeConverter.class,
                description = "Read at most so much a second, such as 20M (default: no limit).")
        private @Nullable Long bytesPerSecond;

        @Option(names = "--detach", description = "Print the job and do not wait for it.")
        private boolean detach;

        Scrub(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return new RepairJobs(client(), terminal(), json())
                    .order(
                            "/v1/admin/repair/scrubs",
                            new RepairRoutes.NewScrub(allReplicas, apply, bytesPerSecond),
                            detach);
        }
    }

    @Command(
            name = "report",
            description = "Show what a scrub has found; exit codes as for repair scrub.")
    static final class Report extends JobAsking {
        @Parameters(paramLabel = "JOB", description = "The job, as repair scrub printed it.")
        private String job = "";

        Report(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return new RepairJobs(client(), terminal(), json()).report(job);
        }
    }

    @Command(
            name = "worker",
            description = "Scrub and repair alone, against a FoundationDB cluster and an HDFS.",
            sortOptions = false)
    static final class Worker implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin private ServerOptions options = new ServerOptions();
        @Mixin private CommonOptions common = new CommonOptions();

        Worker(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws InterruptedException {
            if (!options.isClusterComplete()) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "repair worker needs --fdb-cluster-file and --hdfs-uri; up has a worker of"
                                + " its own");
            }
            ServerProcess server =
                    ServerProcess.start(
                            options.config(AdminToken.given(terminal.environment())),
                            ServerProcess.Role.REPAIR,
                            common.debug());
            return Serving.run(server, terminal, common.json(), false);
        }
    }
}
