package dev.holdfast.gateway.workers;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.HdfsPackReplicas;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.RepairStore;
import dev.holdfast.model.Id128;
import dev.holdfast.repair.RepairConfig;
import dev.holdfast.repair.RepairTools;
import dev.holdfast.repair.RepairWorker;
import io.prometheus.client.CollectorRegistry;
import java.net.URI;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/**
 * Scrub and repair in a server process: the worker, where this process works, and in any case the
 * routes by which an operator gives orders. Close it before the stores.
 */
public final class RepairService implements AutoCloseable {
    private final HdfsPackReplicas replicas;
    private final RepairWorker worker;
    private final Urges urges;
    private final List<Route> routes;

    /** What the process has open already. */
    public record Stores(
            FDBDatabase database,
            MetadataStore metadata,
            ChunkStore chunks,
            URI hdfs,
            Configuration configuration,
            ChunkStoreConfig chunkConfig) {}

    private RepairService(
            HdfsPackReplicas replicas, RepairWorker worker, Urges urges, List<Route> routes) {
        this.replicas = replicas;
        this.worker = worker;
        this.urges = urges;
        this.routes = routes;
    }

    /**
     * Opens.
     *
     * @param registry gets the metrics
     * @param works this process scrubs, and takes orders; otherwise it only passes orders on
     */
    public static RepairService open(Stores stores, CollectorRegistry registry, boolean works) {
        MetadataConfig config = MetadataConfig.defaults(false);
        CollectionStore rows = CollectionStore.open(stores.database(), config);
        HdfsPackReplicas replicas =
                HdfsPackReplicas.open(stores.hdfs(), stores.configuration(), stores.chunkConfig());
        RepairTools tools =
                new RepairTools(
                        rows,
                        RepairStore.open(stores.database(), config),
                        stores.metadata().chunks(),
                        replicas,
                        InstantSource.system(),
                        RepairConfig.defaults(stores.chunkConfig().packBytesMax()));
        RepairWorker worker =
                new RepairWorker(
                        tools,
                        "repair-" + Id128.random(new SecureRandom()),
                        () -> served(stores.chunks()));
        new RepairMetrics(worker).register(registry);
        if (works) {
            worker.start();
        }
        List<Route> routes =
                new RepairRoutes(rows.jobs(), worker::status, stores.chunks()::inspect).routes();
        Urges urges = new Urges(tools.repair().scrub());
        stores.chunks().onDoubt(urges);
        return new RepairService(replicas, worker, urges, routes);
    }

    private static long served(ChunkStore chunks) {
        var stats = chunks.stats();
        return stats.bytesRead() + stats.plainBytesWritten();
    }

    /** Routes of the admin listener; they want the admin token. */
    public List<Route> routes() {
        return routes;
    }

    @Override
    public void close() {
        urges.close();
        worker.close();
        replicas.close();
    }
}
