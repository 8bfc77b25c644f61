package dev.holdfast.gateway;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabaseFactory;
import dev.holdfast.blockgc.CollectionSettings;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.HdfsSite;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.workers.RepairService;
import dev.holdfast.gateway.workers.Stores;
import dev.holdfast.gateway.workers.Workers;
import dev.holdfast.metadata.CellPlace;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.model.Id128;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * The stores below a test's gateway: an engine in memory and the HDFS that all tests of this JVM
 * share, where each has a folder of its own. {@code HOLDFAST_FDB_CLUSTER_FILE} and {@code
 * HOLDFAST_HDFS_URI} name real ones; what a test leaves in them is removed or has a name of its
 * own.
 */
final class TestStores implements AutoCloseable {
    private static final @Nullable String CLUSTER = System.getenv("HOLDFAST_FDB_CLUSTER_FILE");
    private static final @Nullable String HDFS_URI = System.getenv("HOLDFAST_HDFS_URI");

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final List<Route> operatorRoutes = new ArrayList<>();
    private final MetadataStore metadata;
    private final ChunkStore chunks;

    /** One HDFS a JVM: starting one takes seconds. */
    private static final class SharedHdfs {
        static final EmbeddedHdfs HDFS = start();

        private static EmbeddedHdfs start() {
            try {
                Path directory = Path.of("target", "test-hdfs", "" + ProcessHandle.current().pid());
                EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.toAbsolutePath(), 1, 1);
                Runtime.getRuntime().addShutdownHook(new Thread(hdfs::close));
                return hdfs;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    TestStores(CollectorRegistry registry) {
        FDBDatabase database = database(registry);
        MetadataConfig config = MetadataConfig.defaults(!isCluster());
        if (isCluster()) {
            CellPlace place = new CellPlace(database);
            opened.push(place);
            metadata = place.open(config);
        } else {
            metadata = MetadataStore.open(database, config);
        }
        opened.push(metadata);
        String folder = "/test-" + Id128.random(new SecureRandom());
        URI uri = HDFS_URI == null ? SharedHdfs.HDFS.uri() : URI.create(HDFS_URI);
        Configuration configuration =
                HDFS_URI == null ? SharedHdfs.HDFS.configuration() : HdfsSite.load(System.getenv());
        ChunkStoreConfig chunkConfig = ChunkStoreConfig.forEmbedded(1).withRoot(folder);
        chunks = ChunkStore.open(uri, configuration, metadata.chunks(), chunkConfig);
        opened.push(chunks);
        if (!isCluster()) {
            workers(
                    new Stores(
                            database,
                            config,
                            metadata,
                            chunks,
                            chunkConfig,
                            uri,
                            configuration,
                            CollectionSettings.defaults()),
                    registry);
        }
    }

    /** True where the metadata lie in a real cluster; there are no workers' routes then. */
    static boolean isCluster() {
        return CLUSTER != null;
    }

    private FDBDatabase database(CollectorRegistry registry) {
        FdbMetrics metrics = new FdbMetrics(registry);
        if (CLUSTER != null) {
            FDBDatabaseFactory factory = FDBDatabaseFactory.instance();
            factory.setTransactionListener(metrics);
            return factory.getDatabase(CLUSTER);
        }
        EmbeddedDatabase engine = EmbeddedFoundationDb.inMemory();
        opened.push(engine);
        EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(engine);
        factory.setTransactionListener(metrics);
        return factory.getDatabase();
    }

    /** Their routes; none of them works. */
    private void workers(Stores stores, CollectorRegistry registry) {
        Workers workers = Workers.of(stores, "test-" + Id128.random(new SecureRandom()), false);
        opened.push(workers);
        workers.register(registry);
        operatorRoutes.addAll(workers.routes());
        RepairService repair =
                RepairService.open(
                        new RepairService.Stores(
                                stores.database(),
                                metadata,
                                chunks,
                                stores.hdfs(),
                                stores.hdfsConfiguration(),
                                stores.chunkConfig()),
                        registry,
                        false);
        opened.push(repair);
        operatorRoutes.addAll(repair.routes());
    }

    MetadataStore metadata() {
        return metadata;
    }

    ChunkStore chunks() {
        return chunks;
    }

    List<Route> operatorRoutes() {
        return operatorRoutes;
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("a store does not close", e);
            }
        }
    }
}
