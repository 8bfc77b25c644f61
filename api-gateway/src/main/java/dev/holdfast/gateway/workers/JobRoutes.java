package dev.holdfast.gateway.workers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Id128;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.WireJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Jobs of every kind: listed, shown, paused, resumed, cancelled, and what they found. */
final class JobRoutes {
    private static final String JOBS = "/v1/admin/jobs";
    private static final int LIST_MAX = 400;
    private static final int FINDINGS_MAX = 1_000;

    private final BackgroundJobs jobs;

    JobRoutes(BackgroundJobs jobs) {
        this.jobs = jobs;
    }

    /** Answer of {@code GET /v1/admin/jobs}, newest first. */
    public record JobList(List<JobDocument> jobs) {}

    /**
     * One page of findings.
     *
     * @param next what to give as {@code after} for the next page; absent behind the last one
     */
    public record FindingPage(List<FindingLine> findings, @Nullable Long next) {}

    /** What a job found, with its number. */
    public record FindingLine(long number, JsonNode finding) {}

    List<Route> routes() {
        return List.of(
                Route.of("GET", JOBS, this::list),
                Route.of("GET", JOBS + "/{job}", this::show),
                Route.of("GET", JOBS + "/{job}/findings", this::findings),
                Route.of("POST", JOBS + "/{job}/pause", wish(BackgroundJobs.Wish.PAUSE)),
                Route.of("POST", JOBS + "/{job}/resume", wish(BackgroundJobs.Wish.GO_ON)),
                Route.of("POST", JOBS + "/{job}/cancel", wish(BackgroundJobs.Wish.CANCEL)));
    }

    /** Answers 202 with a job that was queued just now. */
    static void submitted(Exchange exchange, BackgroundJobs jobs, Id128 job) {
        JobView view = jobs.get(job).orElseThrow(() -> unknown(job));
        exchange.json(202, JobDocument.of(view, System.currentTimeMillis()));
    }

    private void list(Exchange exchange) {
        int limit = (int) exchange.number("limit", LIST_MAX, 1, LIST_MAX);
        long now = System.currentTimeMillis();
        exchange.json(
                new JobList(
                        jobs.list(exchange.query("kind"), limit).stream()
                                .map(job -> JobDocument.of(job, now))
                                .toList()));
    }

    private void show(Exchange exchange) {
        Id128 id = exchange.path("job", Id128::parse);
        JobView job = jobs.get(id).orElseThrow(() -> unknown(id));
        exchange.json(JobDocument.of(job, System.currentTimeMillis()));
    }

    private static ProblemException unknown(Id128 job) {
        return new ProblemException(
                ProblemCode.NOT_FOUND,
                "there is no job " + job + "; jobs that ended long ago are forgotten");
    }

    private void findings(Exchange exchange) throws JsonProcessingException {
        Id128 id = exchange.path("job", Id128::parse);
        if (jobs.get(id).isEmpty()) {
            throw unknown(id);
        }
        long after = exchange.number("after", 0, 0, Long.MAX_VALUE);
        int limit = (int) exchange.number("limit", FINDINGS_MAX, 1, FINDINGS_MAX);
        List<BackgroundJobs.Finding> page = jobs.findings(id, after, limit);
        List<FindingLine> lines = new java.util.ArrayList<>();
        for (BackgroundJobs.Finding finding : page) {
            lines.add(
                    new FindingLine(finding.number(), WireJson.mapper().readTree(finding.text())));
        }
        exchange.json(new FindingPage(lines, page.size() < limit ? null : page.getLast().number()));
    }

    private Route.Action wish(BackgroundJobs.Wish wish) {
        return exchange -> {
            Id128 id = exchange.path("job", Id128::parse);
            JobView job = jobs.wish(id, wish).orElseThrow(() -> unknown(id));
            boolean cancelled =
                    job.state() == BackgroundJobs.State.CANCELLED
                            && wish == BackgroundJobs.Wish.CANCEL;
            if (job.state().ended() && !cancelled) {
                throw new ProblemException(
                        ProblemCode.CONFLICT,
                        "the job has ended: it is "
                                + job.state().name().toLowerCase(java.util.Locale.ROOT));
            }
            exchange.json(JobDocument.of(job, System.currentTimeMillis()));
        };
    }
}
