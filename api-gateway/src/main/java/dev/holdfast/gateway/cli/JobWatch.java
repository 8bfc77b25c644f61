package dev.holdfast.gateway.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.gateway.workers.JobDocument;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a job: progress on stderr, what it finds on stdout as it comes. The job does not depend
 * on who watches it, nor on one server's life.
 */
final class JobWatch {
    private static final Duration POLL = Duration.ofMillis(400);
    private static final int PAGE = 500;

    /** A server that is started again has this many polls to answer. */
    private static final int SILENT_POLLS_MAX = 150;

    private final AdminClient client;
    private final Terminal terminal;
    private final boolean json;
    private long findingsShown;
    private String told = "";

    JobWatch(AdminClient client, Terminal terminal, boolean json) {
        this.client = client;
        this.terminal = terminal;
        this.json = json;
    }

    /** One page, as the server answers it. */
    record FindingPage(List<FindingLine> findings, @Nullable Long next) {}

    record FindingLine(long number, JsonNode finding) {}

    static String path(JobDocument job) {
        return "/v1/admin/jobs/" + job.job();
    }

    /** For {@code --detach}: says which job it is. */
    int detached(JobDocument job) {
        if (json) {
            terminal.json(job);
        } else {
            terminal.line(job.job().toString());
            terminal.message("follow it with: holdfast job show " + job.job());
        }
        return ExitCode.OK;
    }

    /**
     * Waits for the end.
     *
     * @param finding shows one of its findings to a person; with {@code --json} they are printed
     * @return the job as it ended
     */
    JobDocument await(JobDocument submitted, Consumer<JsonNode> finding) {
        Thread hook =
                new Thread(() ->
                        terminal.message(
                                "interrupted; job "
                                        + submitted.job()
                                        + " goes on: holdfast job show|pause|cancel "
                                        + submitted.job()));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            JobDocument job = submitted;
            while (!ended(job)) {
                pause();
                job = look(job);
                tell(job);
                show(job, finding);
            }
            show(job, finding);
            if (json) {
                terminal.json(job);
            }
            return job;
        } finally {
            unhook(hook);
        }
    }

    private static void unhook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, and the hook has its say.
        }
    }

    static boolean ended(JobDocument job) {
        return switch (job.state()) {
            case "done", "failed", "cancelled" -> true;
            default -> false;
        };
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.INTERRUPTED, "interrupted; the job goes on", e);
        }
    }

    private JobDocument look(JobDocument job) {
        for (int silent = 0; ; silent++) {
            try {
                return client.get(path(job), JobDocument.class);
            } catch (CommandFailure e) {
                if (!(e.getCause() instanceof ConnectException) || silent >= SILENT_POLLS_MAX) {
                    throw e;
                }
                if (silent == 0) {
                    terminal.message("the server does not answer; waiting for it");
                }
                pause();
            }
        }
    }

    private void tell(JobDocument job) {
        String text = job.state() + progress(job);
        if (!text.equals(told)) {
            told = text;
            terminal.message(text);
        }
    }

    /** How far it is, for a person. */
    static String progress(JobDocument job) {
        StringBuilder text = new StringBuilder();
        if (job.phase() != null && job.phase().matches("[a-z ]+")) {
            text.append(": ").append(job.phase());
        }
        if (job.itemsTotal() != null && job.itemsTotal() > 0) {
            text.append(" %d %%".formatted(100 * job.itemsDone() / job.itemsTotal()));
        }
        if (job.bytesTotal() != null) {
            text.append(
                    " %s of %s"
                            .formatted(Sizes.text(job.bytesDone()), Sizes.text(job.bytesTotal())));
        }
        if (job.etaMillis() != null) {
            text.append(", ").append(job.etaMillis() / 1_000).append(" s left");
        }
        job.counts()
                .forEach((name, count) ->
                        text.append(", ")
                                .append(name.replace('_', ' '))
                                .append(' ')
                                .append(
                                        name.startsWith("bytes")
                                                ? Sizes.text(count)
                                                : count.toString()));
        return text.toString();
    }

    /** Shows what it has found and was not shown yet. */
    void show(JobDocument job, Consumer<JsonNode> finding) {
        while (findingsShown < job.findings()) {
            FindingPage page =
                    client.get(
                            path(job) + "/findings?limit=" + PAGE + "&after=" + findingsShown,
                            FindingPage.class);
            for (FindingLine line : page.findings()) {
                findingsShown = line.number();
                if (json) {
                    terminal.json(line.finding());
                } else {
                    finding.accept(line.finding());
                }
            }
            if (page.next() == null) {
                // Those beyond the limit are counted and not kept.
                findingsShown = Math.max(findingsShown, job.findings());
            }
        }
    }

    /** The exit code of a job that has ended; says why where it is not well. */
    int outcome(JobDocument job) {
        switch (job.state()) {
            case "done" -> {
                return ExitCode.OK;
            }
            case "failed" -> terminal.message("holdfast: " + job.problem());
            default -> terminal.message("holdfast: the job was cancelled; what it did stays done");
        }
        return ExitCode.FAILED;
    }
}
