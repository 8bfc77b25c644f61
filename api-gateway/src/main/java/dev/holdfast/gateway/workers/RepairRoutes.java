package dev.holdfast.gateway.workers;

import dev.holdfast.chunkstore.PackReport;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.repair.IndexRebuild;
import dev.holdfast.repair.RepairWorker;
import dev.holdfast.repair.ScrubJob;
import dev.holdfast.repair.ScrubRequest;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an operator asks of scrub and repair. */
public final class RepairRoutes {
    private static final String REPAIR = "/v1/admin/repair";
    private static final int FINDINGS_MAX = 500;

    private final BackgroundJobs jobs;
    private final Supplier<RepairWorker.Status> status;
    private final Inspection inspection;

    /** Looks into a pack. */
    interface Inspection {
        PackReport inspect(PackId pack, boolean readPayloads);
    }

    RepairRoutes(BackgroundJobs jobs, Supplier<RepairWorker.Status> status, Inspection inspection) {
        this.jobs = jobs;
        this.status = status;
        this.inspection = inspection;
    }

    /**
     * Body of {@code POST /v1/admin/repair/scrubs}.
     *
     * @param bytesPerSecond absent for no limit
     */
    public record NewScrub(
            @Nullable Boolean allReplicas,
            @Nullable Boolean apply,
            @Nullable Long bytesPerSecond) {}

    /** Answer where a job was queued. */
    public record Queued(String job) {}

    /**
     * Answer of {@code GET /v1/admin/repair/jobs/{job}}.
     *
     * @param findings behind the number asked for, each a JSON object as text
     * @param etaMillis until its end, by its worker's pace; absent where it cannot be told
     * @param next to ask for next
     */
    public record Report(
            String job,
            String kind,
            String state,
            long itemsDone,
            long itemsTotal,
            long bytesDone,
            long bytesTotal,
            @Nullable Long etaMillis,
            long startedAtMillis,
            long endedAtMillis,
            @Nullable String problem,
            @Nullable String result,
            List<String> findings,
            long next) {}

    /** One record of {@code GET /v1/admin/packs/{pack}}. */
    public record PackRecord(
            String hash,
            long offset,
            int plainLength,
            int storedLength,
            int codec,
            String health) {}

    /** Answer of {@code GET /v1/admin/packs/{pack}}. */
    public record Pack(
            String pack,
            long fileLength,
            boolean finished,
            List<PackRecord> records,
            List<String> damage,
            List<String> lines) {}

    public List<Route> routes() {
        return List.of(
                Route.of("POST", REPAIR + "/scrubs", this::scrub).newEachTime(),
                Route.of("POST", REPAIR + "/index-rebuilds", this::rebuild).newEachTime(),
                Route.of("GET", REPAIR + "/jobs/{job}", this::report),
                Route.of("GET", REPAIR + "/status", exchange -> exchange.json(status.get())),
                Route.of("GET", "/v1/admin/packs/{pack}", this::inspect));
    }

    private void scrub(Exchange exchange) {
        NewScrub order = exchange.body(NewScrub.class);
        Long rate = order.bytesPerSecond();
        if (rate != null && rate < 1) {
            throw ProblemException.invalid("bytes_per_second is positive");
        }
        ScrubRequest request =
                new ScrubRequest(
                        Boolean.TRUE.equals(order.allReplicas()),
                        Boolean.TRUE.equals(order.apply()),
                        rate,
                        false);
        queue(exchange, ScrubJob.KIND, request.json());
    }

    private void rebuild(Exchange exchange) {
        queue(exchange, IndexRebuild.KIND, IndexRebuild.REQUEST);
    }

    private void queue(Exchange exchange, String kind, String request) {
        Id128 job = Exchange.granted(jobs.submit(kind, request));
        exchange.json(202, new Queued(job.toString()));
    }

    private void report(Exchange exchange) {
        Id128 id = exchange.path("job", Id128::parse);
        long after = exchange.number("after", 0, 0, Long.MAX_VALUE);
        JobView job =
                jobs.get(id)
                        .filter(found ->
                                found.kind().equals(ScrubJob.KIND)
                                        || found.kind().equals(IndexRebuild.KIND))
                        .orElseThrow(() ->
                                new ProblemException(
                                        ProblemCode.NOT_FOUND,
                                        "there is no job "
                                                + id
                                                + " of repair; see holdfast job"
                                                + " list"));
        List<BackgroundJobs.Finding> findings = jobs.findings(id, after, FINDINGS_MAX);
        var progress = job.progress();
        exchange.json(
                new Report(
                        id.toString(),
                        job.kind(),
                        job.state().name().toLowerCase(Locale.ROOT),
                        progress.itemsDone(),
                        progress.itemsTotal(),
                        progress.bytesDone(),
                        progress.bytesTotal(),
                        JobDocument.eta(job, System.currentTimeMillis()),
                        job.startedAtMillis(),
                        job.endedAtMillis(),
                        job.problem(),
                        job.result(),
                        findings.stream().map(BackgroundJobs.Finding::text).toList(),
                        findings.isEmpty() ? after : findings.getLast().number()));
    }

    private void inspect(Exchange exchange) {
        PackId pack = exchange.path("pack", PackId::parse);
        boolean read = exchange.number("read", 0, 0, 1) == 1;
        PackReport report;
        try {
            report = inspection.inspect(pack, read);
        } catch (NoSuchElementException e) {
            throw new ProblemException(ProblemCode.NOT_FOUND, "there is no pack " + pack);
        }
        exchange.json(
                new Pack(
                        pack.toString(),
                        report.fileLength(),
                        report.finished(),
                        report.records().stream()
                                .map(entry ->
                                        new PackRecord(
                                                entry.hash().toString(),
                                                entry.offset(),
                                                entry.plainLength(),
                                                entry.storedLength(),
                                                entry.codec(),
                                                entry.health().name().toLowerCase(Locale.ROOT)))
                                .toList(),
                        report.damage(),
                        report.lines()));
    }
}
