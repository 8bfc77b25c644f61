package dev.holdfast.gateway.workers;

import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.CollectionStore;
import io.prometheus.client.CollectorRegistry;
import java.util.ArrayList;
import java.util.List;

/** The background workers of a process, and the operator's routes to them. */
public final class Workers implements AutoCloseable {
    private final List<Worker> workers;
    private final JobRoutes jobs;
    private final OpenPackEnder openPacks;

    private Workers(JobRoutes jobs, OpenPackEnder openPacks, List<Worker> workers) {
        this.jobs = jobs;
        this.openPacks = openPacks;
        this.workers = List.copyOf(workers);
    }

    /**
     * Wires all workers to the stores; none works before {@link #start}, but packs end from now on
     * when a collection wants it.
     *
     * @param holder names this process, and no other, ever
     * @param alone no other process can reach the database: what one before this held is taken over
     *     at once, without waiting for its leases
     */
    public static Workers of(Stores stores, String holder, boolean alone) {
        CollectionStore rows = CollectionStore.open(stores.database(), stores.config());
        if (alone) {
            rows.takeOver();
        }
        return new Workers(
                new JobRoutes(rows.jobs()),
                new OpenPackEnder(rows.leases(), stores.chunks()::endOpenPacks),
                List.of(
                        new CellMetrics(stores, rows, holder),
                        new CollectionWorker(stores, rows, holder),
                        new AuditWorker(stores, rows, holder)));
    }

    /** What an operator can ask, on the admin listener, which wants its token for them. */
    public List<Route> routes() {
        List<Route> routes = new ArrayList<>(jobs.routes());
        workers.forEach(worker -> routes.addAll(worker.routes()));
        return List.copyOf(routes);
    }

    public void register(CollectorRegistry registry) {
        workers.forEach(worker -> worker.register(registry));
    }

    /** Begins to work. */
    public void start() {
        workers.forEach(Worker::start);
    }

    /** Ends them, the last first. */
    @Override
    public void close() {
        workers.reversed().forEach(Worker::close);
        openPacks.close();
    }
}
