package dev.holdfast.gateway.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.gateway.workers.JobDocument;
import dev.holdfast.model.wire.WireJson;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gc …}: the collection of what nothing references any more. */
@Command(
        name = "gc",
        description = "Collect what nothing references any more, and the space it takes.",
        mixinStandardHelpOptions = true)
final class GcCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw Groups.missing(spec);
    }

    static CommandLine assemble(Terminal terminal) {
        return new CommandLine(new GcCommand())
                .addSubcommand(new Plan(terminal))
                .addSubcommand(new Run(terminal))
                .addSubcommand(new Status(terminal))
                .addSubcommand(new GcDeletions(terminal))
                .addSubcommand(new Worker(terminal));
    }

    /** What counts as over. */
    static final class Scope {
        @Option(
                names = "--now",
                description =
                        "Count graces as over; the guards, and the life of signed URLs, stay.")
        private boolean now;

        @Option(
                names = "--purge-trash",
                description = "Count trash and old versions as expired, whatever policies keep.")
        private boolean purgeTrash;

        boolean now() {
            return now;
        }

        boolean purgeTrash() {
            return purgeTrash;
        }
    }

    /** Shows a plan: what would go, what stays, and why. */
    private static int plan(JobAsking asking, Scope scope) {
        String path = "/v1/admin/gc/plan?now=" + scope.now() + "&purge_trash=" + scope.purgeTrash();
        boolean[] refused = new boolean[1];
        boolean[] complete = new boolean[1];
        asking.client()
                .lines(
                        path,
                        text -> {
                            JsonNode line = parse(text);
                            JsonNode sum = line.get("plan");
                            if (sum != null) {
                                complete[0] = true;
                                refused[0] = sum.path("refused").asBoolean();
                            }
                            if (asking.json()) {
                                asking.terminal().json(line);
                            } else if (sum == null) {
                                asking.terminal().line(lineText(line));
                            } else {
                                asking.terminal().line(sumText(sum));
                            }
                        });
        if (!complete[0]) {
            throw new CommandFailure(
                    ExitCode.FAILED, "the plan is cut off: the server's log says why");
        }
        if (refused[0]) {
            asking.terminal()
                    .message(
                            "a run would refuse to free so much at once: see --max-bytes, --force");
        }
        return ExitCode.OK;
    }

    private static JsonNode parse(String line) {
        try {
            return WireJson.mapper().readTree(line);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new CommandFailure(ExitCode.FAILED, "the server's answer cannot be read", e);
        }
    }

    private static String lineText(JsonNode line) {
        return "%-8s %s  %s  %s"
                .formatted(
                        line.path("action").asText().toLowerCase(java.util.Locale.ROOT),
                        line.path("subject").asText(),
                        Sizes.text(line.path("bytes").asLong()),
                        line.path("why").asText());
    }

    private static String sumText(JsonNode sum) {
        StringBuilder text = new StringBuilder("in all:");
        sum.path("lines")
                .properties()
                .forEach(action ->
                        text.append(
                                " %s %s (%s);"
                                        .formatted(
                                                action.getKey(),
                                                action.getValue().asLong(),
                                                Sizes.text(
                                                        sum.path("bytes")
                                                                .path(action.getKey())
                                                                .asLong()))));
        text.append(" packs now:");
        sum.path("pack_bytes")
                .properties()
                .forEach(state ->
                        text.append(
                                " %s %s;"
                                        .formatted(
                                                state.getKey(),
                                                Sizes.text(state.getValue().asLong()))));
        return text.append(" chunks in their grace ")
                .append(Sizes.text(sum.path("grace_bytes").asLong()))
                .append("; stored ")
                .append(Sizes.text(sum.path("stored_bytes").asLong()))
                .append(", a run frees at most ")
                .append(Sizes.text(sum.path("cap_bytes").asLong()))
                .append(" unforced")
                .toString();
    }

    @Command(name = "plan", description = "Say what a run would do and what stays, and why.")
    static final class Plan extends JobAsking {
        @Mixin private Scope scope = new Scope();

        Plan(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return plan(this, scope);
        }
    }

    @Command(
            name = "run",
            description = "Collect; without --delete, say what a run would do.",
            footer = "Exit codes: 0 done, 1 failed or refused, 130 interrupted: the job goes on.",
            sortOptions = false)
    static final class Run extends JobAsking {
        @Option(names = "--delete", description = "Act, instead of saying what would be done.")
        private boolean delete;

        @Mixin private Scope scope = new Scope();

        @Option(
                names = "--max-bytes",
                paramLabel = "SIZE",
                converter = SizeConverter.class,
                description = "Free at most so much, then end well.")
        private @Nullable Long maxBytes;

        @Option(
                names = "--force",
                description = "Take the guard on how much goes at once away; this is recorded.")
        private boolean force;

        @Option(names = "--detach", description = "Do not wait; print the job's id.")
        private boolean detach;

        Run(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            if (maxBytes != null && maxBytes < 1) {
                throw new CommandFailure(ExitCode.USAGE, "--max-bytes is 1 or more");
            }
            if (!delete) {
                int outcome = plan(this, scope);
                terminal().message("nothing was changed; --delete acts");
                return outcome;
            }
            JobDocument submitted =
                    client().post(
                                    "/v1/admin/gc/runs",
                                    new Request(scope.now(), scope.purgeTrash(), maxBytes, force),
                                    JobDocument.class);
            JobWatch watch = watch();
            if (detach) {
                return watch.detached(submitted);
            }
            JobDocument job =
                    watch.await(submitted, done -> terminal().line(JobCommand.line(done)));
            if (!json()) {
                terminal()
                        .line(
                                "freed %s in %d packs; dropped %d chunks; job %s"
                                        .formatted(
                                                Sizes.text(count(job, "bytes_deleted")),
                                                count(job, "packs_deleted"),
                                                count(job, "chunks_dropped"),
                                                job.job()));
            }
            return watch.outcome(job);
        }

        private record Request(
                boolean now, boolean purgeTrash, @Nullable Long maxBytes, boolean force) {}

        private static long count(JobDocument job, String name) {
            return job.counts().getOrDefault(name, 0L);
        }
    }

    /** As the server answers it. */
    record StatusAnswer(
            Map<String, Long> packs,
            Map<String, Long> packBytes,
            long candidates,
            long condemnedChunks,
            long condemnedBytes,
            List<Lease> leases,
            List<JobDocument> jobs) {
        record Lease(String work, String holder, long expiresAtMillis) {}
    }

    @Command(name = "status", description = "Say how the collection stands, and who works on it.")
    static final class Status extends JobAsking {
        Status(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            StatusAnswer status = client().get("/v1/admin/gc/status", StatusAnswer.class);
            if (json()) {
                terminal().json(status);
                return ExitCode.OK;
            }
            status.packs()
                    .forEach((state, packs) ->
                            terminal()
                                    .line(
                                            "%-9s %d packs, %s"
                                                    .formatted(
                                                            state,
                                                            packs,
                                                            Sizes.text(
                                                                    status.packBytes()
                                                                            .getOrDefault(
                                                                                    state, 0L)))));
            terminal().line("candidates %d chunks".formatted(status.candidates()));
            terminal()
                    .line(
                            "in grace   %d chunks, %s"
                                    .formatted(
                                            status.condemnedChunks(),
                                            Sizes.text(status.condemnedBytes())));
            for (StatusAnswer.Lease lease : status.leases()) {
                terminal()
                        .line(
                                "held       %s by %s until %s"
                                        .formatted(
                                                lease.work(),
                                                lease.holder(),
                                                Instant.ofEpochMilli(lease.expiresAtMillis())));
            }
            for (JobDocument job : status.jobs()) {
                terminal()
                        .line(
                                "job        %s %s%s"
                                        .formatted(job.job(), job.state(), JobWatch.progress(job)));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "worker",
            description = "Collect and audit alone, against a FoundationDB cluster and an HDFS.",
            sortOptions = false)
    static final class Worker implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin private ServerOptions options = new ServerOptions();
        @Mixin private GcOptions gc = new GcOptions();
        @Mixin private CommonOptions common = new CommonOptions();

        Worker(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws InterruptedException {
            if (!options.isClusterComplete()) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "gc worker needs --fdb-cluster-file and --hdfs-uri; up has a worker of its"
                                + " own");
            }
            ServerProcess server =
                    ServerProcess.start(
                            options.config(AdminToken.given(terminal.environment()), gc.settings()),
                            ServerProcess.Role.COLLECTION,
                            common.debug());
            return Serving.run(server, terminal, common.json(), false);
        }
    }
}
