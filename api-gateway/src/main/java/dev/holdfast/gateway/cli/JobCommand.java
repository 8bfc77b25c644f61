package dev.holdfast.gateway.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.gateway.workers.JobDocument;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code job …}: background jobs of every kind. */
@Command(
        name = "job",
        description = "Background jobs: collections, audits, scrubs and others.",
        mixinStandardHelpOptions = true)
final class JobCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw Groups.missing(spec);
    }

    static CommandLine assemble(Terminal terminal) {
        return new CommandLine(new JobCommand())
                .addSubcommand(new ListJobs(terminal))
                .addSubcommand(new Show(terminal))
                .addSubcommand(new Pause(terminal))
                .addSubcommand(new Resume(terminal))
                .addSubcommand(new Cancel(terminal));
    }

    /** As the server answers it. */
    record JobList(List<JobDocument> jobs) {}

    @Command(name = "list", description = "List jobs, newest first.")
    static final class ListJobs extends JobAsking {
        @Option(names = "--kind", paramLabel = "KIND", description = "Of one kind only.")
        private @Nullable String kind;

        ListJobs(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            JobList list =
                    client().get(
                                    "/v1/admin/jobs"
                                            + (kind == null
                                                    ? ""
                                                    : "?kind=" + AdminClient.part(kind)),
                                    JobList.class);
            for (JobDocument job : list.jobs()) {
                if (json()) {
                    terminal().json(job);
                } else {
                    terminal()
                            .line(
                                    "%s  %-6s %-9s %s%s"
                                            .formatted(
                                                    job.job(),
                                                    job.kind(),
                                                    job.state(),
                                                    Instant.ofEpochMilli(job.createdAtMillis()),
                                                    JobWatch.progress(job)));
                }
            }
            return ExitCode.OK;
        }
    }

    /** Commands about one job. */
    abstract static class OfOne extends JobAsking {
        @Parameters(paramLabel = "JOB", description = "The job's id, as listed.")
        private String job = "";

        OfOne(Terminal terminal) {
            super(terminal);
        }

        String path() {
            if (!job.matches("[0-9a-fA-F]{32}")) {
                throw new CommandFailure(
                        ExitCode.USAGE, "a job's id is 32 hexadecimal digits, as listed");
            }
            return "/v1/admin/jobs/" + job;
        }
    }

    @Command(name = "show", description = "Show a job, and what it found.")
    static final class Show extends OfOne {
        Show(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            JobDocument job = client().get(path(), JobDocument.class);
            if (json()) {
                terminal().json(job);
            } else {
                text(job);
            }
            watch().show(job, finding -> terminal().line(line(finding)));
            return ExitCode.OK;
        }

        private void text(JobDocument job) {
            Terminal out = terminal();
            out.line("job        " + job.job());
            out.line("kind       " + job.kind());
            out.line(
                    "state      "
                            + job.state()
                            + (job.wish() == null ? "" : ", to " + job.wish())
                            + (job.stale() ? ", its worker is silent" : ""));
            out.line("request    " + (job.request() == null ? "" : job.request()));
            time("created", job.createdAtMillis());
            time("started", job.startedAtMillis());
            time("heartbeat", job.heartbeatAtMillis());
            time("ended", job.endedAtMillis());
            out.line("worker     " + (job.holder() == null ? "none yet" : job.holder()));
            out.line("progress   " + JobWatch.progress(job).replaceFirst("^[:, ]+", ""));
            out.line("findings   " + job.findings());
            if (job.problem() != null) {
                out.line("problem    " + job.problem());
            }
            if (job.result() != null) {
                out.line("result     " + job.result());
            }
        }

        private void time(String name, @Nullable Long millis) {
            if (millis != null) {
                terminal().line("%-10s %s".formatted(name, Instant.ofEpochMilli(millis)));
            }
        }
    }

    /** A finding for a person: its values, in order. */
    static String line(JsonNode finding) {
        StringBuilder line = new StringBuilder();
        finding.properties()
                .forEach(field -> {
                    boolean time = field.getKey().endsWith("_millis");
                    line.append(line.isEmpty() ? "" : "  ")
                            .append(
                                    time
                                            ? Instant.ofEpochMilli(field.getValue().asLong())
                                                    .toString()
                                            : field.getValue().asText());
                });
        return line.toString();
    }

    /** Pause, resume and cancel differ in a word. */
    abstract static class Change extends OfOne {
        private final String word;

        Change(Terminal terminal, String word) {
            super(terminal);
            this.word = word;
        }

        @Override
        public Integer call() {
            JobDocument job = client().post(path() + "/" + word, null, JobDocument.class);
            if (json()) {
                terminal().json(job);
            } else {
                terminal()
                        .message(
                                job.wish() == null
                                        ? "the job is " + job.state()
                                        : "the job will " + job.wish() + " between two steps");
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "pause", description = "Let a job stop between two steps, to be resumed.")
    static final class Pause extends Change {
        Pause(Terminal terminal) {
            super(terminal, "pause");
        }
    }

    @Command(name = "resume", description = "Let a paused job go on where it stopped.")
    static final class Resume extends Change {
        Resume(Terminal terminal) {
            super(terminal, "resume");
        }
    }

    @Command(name = "cancel", description = "End a job between two steps; what it did stays done.")
    static final class Cancel extends Change {
        Cancel(Terminal terminal) {
            super(terminal, "cancel");
        }
    }
}
