package dev.holdfast.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.gateway.workers.RepairRoutes;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.repair.Finding;
import dev.holdfast.repair.IndexRebuild;
import dev.holdfast.repair.ScrubJob;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Jobs of repair as commands follow them: progress, findings, a summary and an exit code. */
final class RepairJobs {
    private static final Duration POLL = Duration.ofMillis(300);
    private static final Duration SAY = Duration.ofSeconds(2);

    private final AdminClient client;
    private final Terminal terminal;
    private final boolean json;

    RepairJobs(AdminClient client, Terminal terminal, boolean json) {
        this.client = client;
        this.terminal = terminal;
        this.json = json;
    }

    /** Orders a job and follows it; with --detach only names it. Answers the exit code. */
    int order(String path, Object order, boolean detach) {
        RepairRoutes.Queued queued = client.post(path, order, RepairRoutes.Queued.class);
        if (!detach) {
            return follow(queued.job());
        }
        if (json) {
            terminal.json(queued);
        } else {
            terminal.line(queued.job());
        }
        terminal.message("holdfast repair report " + queued.job() + " says what it finds");
        return ExitCode.OK;
    }

    /** Waits for a job, shows what it finds as it finds it, and answers the exit code. */
    int follow(String job) {
        terminal.message("job " + job);
        long after = 0;
        long said = System.nanoTime();
        boolean paused = false;
        while (true) {
            RepairRoutes.Report report = get(job, after);
            report.findings().forEach(this::show);
            after = report.next();
            if (ended(report.state()) && report.findings().isEmpty()) {
                return conclude(report);
            }
            if (report.state().equals("paused") && !paused) {
                terminal.message("paused; holdfast job resume " + job + " lets it go on");
            }
            paused = report.state().equals("paused");
            long now = System.nanoTime();
            if (now - said >= SAY.toNanos()) {
                said = now;
                terminal.message(progress(report));
            }
            if (report.findings().isEmpty()) {
                pause(job);
            }
        }
    }

    private static void pause(String job) {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(
                    ExitCode.INTERRUPTED,
                    "interrupted; the job goes on: holdfast repair report " + job,
                    e);
        }
    }

    /** Shows all a job has found so far. */
    int report(String job) {
        long after = 0;
        while (true) {
            RepairRoutes.Report report = get(job, after);
            report.findings().forEach(this::show);
            after = report.next();
            if (report.findings().isEmpty()) {
                if (ended(report.state())) {
                    return conclude(report);
                }
                terminal.message("the job is " + report.state() + ": " + progress(report));
                return ExitCode.OK;
            }
        }
    }

    private RepairRoutes.Report get(String job, long after) {
        return client.get(
                "/v1/admin/repair/jobs/" + AdminClient.part(job) + "?after=" + after,
                RepairRoutes.Report.class);
    }

    private static boolean ended(String state) {
        return state.equals("done") || state.equals("failed") || state.equals("cancelled");
    }

    private static String progress(RepairRoutes.Report report) {
        String text =
                String.format(
                        Locale.ROOT,
                        "%d of %d packs, %s of %s",
                        report.itemsDone(),
                        report.itemsTotal(),
                        Sizes.text(report.bytesDone()),
                        Sizes.text(report.bytesTotal()));
        Long eta = report.etaMillis();
        return eta == null
                ? text
                : text + String.format(Locale.ROOT, ", about %d s left", eta / 1_000);
    }

    private void show(String finding) {
        if (json) {
            terminal.line(finding);
            return;
        }
        try {
            JsonNode node = WireJson.mapper().readTree(finding);
            if (node.has("outcome")) {
                WireJson.mapper().treeToValue(node, Finding.class).lines().forEach(terminal::line);
            } else {
                IndexRebuild.FileLine file =
                        WireJson.mapper().treeToValue(node, IndexRebuild.FileLine.class);
                terminal.line(
                        (file.whole() ? "whole   " : "broken  ")
                                + file.namespace()
                                + ":"
                                + file.path()
                                + ", versions "
                                + file.versions()
                                + (file.whole() ? "" : ", chunks missing " + file.missing()));
            }
        } catch (JsonProcessingException e) {
            throw new CommandFailure(
                    ExitCode.FAILED, "the server's answer is not what this version knows", e);
        }
    }

    private int conclude(RepairRoutes.Report report) {
        String result = report.result();
        if (!report.state().equals("done") || result == null) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "the job "
                            + (report.state().equals("cancelled") ? "was " : "has ")
                            + report.state()
                            + (report.problem() == null ? "" : ": " + report.problem()));
        }
        ScrubJob.Result sum = ScrubJob.Result.parse(result);
        List<String> words =
                List.of(
                        sum.packs() + " packs",
                        Sizes.text(sum.bytes()),
                        sum.found() + " findings",
                        sum.repaired() + " repaired",
                        sum.remaining() + " remain");
        String text = String.join(", ", words);
        if (sum.lost() > 0) {
            text +=
                    "; "
                            + sum.lost()
                            + " chunks are lost, and come back with the next upload of their bytes";
        }
        if (json) {
            terminal.message(text);
        } else {
            terminal.line(text);
        }
        if (sum.found() == 0) {
            return ExitCode.OK;
        }
        return sum.remaining() == 0 ? ExitCode.ALL_REPAIRED : ExitCode.PROBLEMS_REMAIN;
    }
}
