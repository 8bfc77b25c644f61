package dev.holdfast.gateway.workers;

import dev.holdfast.blockgc.AdaptivePacer;
import dev.holdfast.blockgc.Collector;
import dev.holdfast.blockgc.CollectorConfig;
import dev.holdfast.blockgc.GcPlan;
import dev.holdfast.blockgc.GcRequest;
import dev.holdfast.blockgc.GcWorker;
import dev.holdfast.blockgc.UpkeepRetention;
import dev.holdfast.chunkstore.HdfsPacks;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.GarbageRows;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.WireJson;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The collection: its daemon, its jobs and what an operator asks of it. */
final class CollectionWorker implements Worker {
    private static final String GC = "/v1/admin/gc";
    private static final int DELETIONS_MAX = 1_000;
    private static final String LINES = "application/x-ndjson";

    private final CollectionStore rows;
    private final Packs packs;
    private final AdaptivePacer pacer;
    private final GcWorker worker;

    CollectionWorker(Stores stores, CollectionStore rows, String holder) {
        this.rows = rows;
        this.packs =
                HdfsPacks.open(stores.hdfs(), stores.hdfsConfiguration(), stores.chunkConfig());
        this.pacer = AdaptivePacer.system(stores.collection().pace());
        Collector collector =
                new Collector(
                        rows,
                        stores.metadata().chunks(),
                        packs,
                        new UpkeepRetention(stores.metadata().upkeep()),
                        CollectorConfig.of(
                                stores.chunkConfig().packBytesMax(), stores.collection()),
                        stores.config().clock(),
                        pacer);
        this.worker = new GcWorker(collector, stores.config().clock(), holder);
    }

    /**
     * Body of {@code POST /v1/admin/gc/runs}; what is absent is false, or no limit.
     *
     * @param maxBytes chunk bytes dropped and file bytes deleted at most, each
     */
    public record RunRequest(
            @Nullable Boolean now,
            @Nullable Boolean purgeTrash,
            @Nullable Long maxBytes,
            @Nullable Boolean force) {
        GcRequest request() {
            if (maxBytes != null && maxBytes < 1) {
                throw ProblemException.invalid("max_bytes is 1 or more");
            }
            return new GcRequest(
                    Boolean.TRUE.equals(now),
                    Boolean.TRUE.equals(purgeTrash),
                    maxBytes == null ? Long.MAX_VALUE : maxBytes,
                    Boolean.TRUE.equals(force));
        }
    }

    /** Last line of a plan. */
    public record PlanEnd(Sum plan) {}

    /**
     * What the lines of a plan add up to.
     *
     * @param storedBytes in packs that are open, sealed or in the trash, now
     * @param packBytes of packs now, per state
     * @param graceBytes of the chunks in their grace now
     * @param refused whether a run would stop at the cap
     */
    public record Sum(
            Map<String, Long> lines,
            Map<String, Long> bytes,
            long capBytes,
            long storedBytes,
            Map<String, Long> packBytes,
            long graceBytes,
            boolean refused) {}

    /**
     * Answer of {@code GET /v1/admin/gc/status}.
     *
     * @param packs per state
     * @param packBytes per state
     * @param jobs the latest runs, newest first
     */
    public record Status(
            Map<String, Long> packs,
            Map<String, Long> packBytes,
            long candidates,
            long condemnedChunks,
            long condemnedBytes,
            List<LeaseLine> leases,
            List<JobDocument> jobs) {}

    /** Who holds a piece of the work. */
    public record LeaseLine(String work, String holder, long expiresAtMillis) {}

    /**
     * One page of deleted packs, by id.
     *
     * @param next what to give as {@code after} for the next page; absent behind the last one
     */
    public record DeletionPage(List<DeletionLine> deletions, @Nullable PackId next) {}

    /** Which pack, how long, when, by which job and why. */
    public record DeletionLine(PackId pack, long bytes, long atMillis, Id128 job, String why) {}

    @Override
    public List<Route> routes() {
        return List.of(
                Route.of("POST", GC + "/runs", this::run).newEachTime(),
                Route.of("GET", GC + "/deletions", this::deletions),
                Route.of("GET", GC + "/plan", this::plan),
                Route.of("GET", GC + "/status", this::status));
    }

    private void run(Exchange exchange) {
        GcRequest request = exchange.body(RunRequest.class).request();
        var job = Exchange.granted(worker.submit(request));
        JobRoutes.submitted(exchange, rows.jobs(), job);
    }

    private void plan(Exchange exchange) throws IOException {
        GcRequest request =
                new GcRequest(
                        flag(exchange, "now"),
                        flag(exchange, "purge_trash"),
                        Long.MAX_VALUE,
                        false);
        try (OutputStream out = exchange.streamed(200, LINES, -1)) {
            GcPlan plan = worker.plan(request, line -> write(out, line));
            write(
                    out,
                    new PlanEnd(
                            new Sum(
                                    named(plan.lines()),
                                    named(plan.bytes()),
                                    plan.capBytes(),
                                    plan.census().storedBytes(),
                                    named(plan.census().packBytes()),
                                    plan.census().graceBytes(),
                                    plan.refused())));
        }
    }

    private static boolean flag(Exchange exchange, String name) {
        String value = exchange.query(name);
        if (value == null || value.equals("false")) {
            return false;
        }
        if (value.equals("true")) {
            return true;
        }
        throw ProblemException.invalid(name + " is true or false");
    }

    private static void write(OutputStream out, Object line) {
        try {
            out.write(WireJson.mapper().writeValueAsBytes(line));
            out.write("\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException("the reader of the plan went away", e);
        }
    }

    private static Map<String, Long> named(Map<? extends Enum<?>, Long> values) {
        Map<String, Long> named = new TreeMap<>();
        values.forEach((key, value) -> named.put(key.name().toLowerCase(Locale.ROOT), value));
        return named;
    }

    private void status(Exchange exchange) {
        var census = rows.packs().census();
        long now = System.currentTimeMillis();
        exchange.json(
                new Status(
                        named(census.packs()),
                        named(census.packBytes()),
                        census.candidates().getOrDefault(GarbageRows.Stage.UNREFERENCED, 0L),
                        census.candidates().getOrDefault(GarbageRows.Stage.IN_GRACE, 0L),
                        census.graceBytes(),
                        rows.leases().held().stream().map(CollectionWorker::lease).toList(),
                        rows.jobs().list(GcWorker.KIND, 20).stream()
                                .map(job -> JobDocument.of(job, now))
                                .toList()));
    }

    private void deletions(Exchange exchange) {
        if (exchange.query("pack") != null) {
            PackId pack = exchange.query("pack", PackId::parse);
            PackRows.Deleted deleted =
                    rows.packs()
                            .deletion(pack)
                            .orElseThrow(() ->
                                    new ProblemException(
                                            ProblemCode.NOT_FOUND,
                                            "pack " + pack + " was not deleted here"));
            exchange.json(new DeletionPage(List.of(line(deleted)), null));
            return;
        }
        PackId after =
                exchange.query("after") == null ? null : exchange.query("after", PackId::parse);
        int limit = (int) exchange.number("limit", DELETIONS_MAX, 1, DELETIONS_MAX);
        List<DeletionLine> page =
                rows.packs().deletions(after, limit).stream().map(CollectionWorker::line).toList();
        exchange.json(new DeletionPage(page, page.size() < limit ? null : page.getLast().pack()));
    }

    private static DeletionLine line(PackRows.Deleted deleted) {
        return new DeletionLine(
                deleted.pack(),
                deleted.length(),
                deleted.atMillis(),
                deleted.job(),
                deleted.reason());
    }

    private static LeaseLine lease(WorkLeases.Held held) {
        return new LeaseLine(held.work(), held.holder(), held.expiresAtMillis());
    }

    @Override
    public void register(CollectorRegistry registry) {
        new CollectionMetrics(worker, pacer).register(registry);
    }

    @Override
    public void start() {
        worker.start();
    }

    @Override
    public void close() {
        worker.close();
        packs.close();
    }
}
