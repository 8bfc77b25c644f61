package dev.holdfast.gateway.workers;

import dev.holdfast.blockgc.Audit;
import dev.holdfast.chunkstore.HdfsPacks;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.jobs.JobLoop;
import io.prometheus.client.CollectorRegistry;
import java.time.Duration;
import java.util.List;

/** The audit of rows and files: jobs that only read. */
final class AuditWorker implements Worker {
    private static final Duration POLL = Duration.ofMillis(500);

    private final CollectionStore rows;
    private final HdfsPacks packs;
    private final JobLoop loop;

    AuditWorker(Stores stores, CollectionStore rows, String holder) {
        this.rows = rows;
        this.packs =
                HdfsPacks.open(stores.hdfs(), stores.hdfsConfiguration(), stores.chunkConfig());
        this.loop =
                new JobLoop(
                        rows.jobs(),
                        Audit.KIND,
                        holder,
                        POLL,
                        stores.config().clock(),
                        new Audit(rows, packs));
    }

    @Override
    public List<Route> routes() {
        return List.of(Route.of("POST", "/v1/admin/fsck", this::submit).newEachTime());
    }

    private void submit(Exchange exchange) {
        var job = Exchange.granted(rows.jobs().submit(Audit.KIND, "{}"));
        JobRoutes.submitted(exchange, rows.jobs(), job);
    }

    @Override
    public void register(CollectorRegistry registry) {
        // Its jobs are among the cell's gauges.
    }

    @Override
    public void start() {
        loop.start();
    }

    @Override
    public void close() {
        loop.close();
        packs.close();
    }
}
