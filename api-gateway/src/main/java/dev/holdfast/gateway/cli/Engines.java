package dev.holdfast.gateway.cli;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabaseFactory;
import dev.holdfast.blockgc.CollectionSettings;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.HdfsSite;
import dev.holdfast.chunkstore.StorageFullException;
import dev.holdfast.chunkstore.StorageUnavailableException;
import dev.holdfast.chunkstore.StorageUnsuitableException;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.embeddedfdb.engine.OpenException;
import dev.holdfast.gateway.DataDirectory;
import dev.holdfast.gateway.FdbMetrics;
import dev.holdfast.gateway.ServerConfig;
import dev.holdfast.gateway.StartupException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.workers.RepairService;
import dev.holdfast.gateway.workers.Stores;
import dev.holdfast.gateway.workers.Workers;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.MetadataUnavailableException;
import dev.holdfast.model.Id128;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The two stores and, where they are embedded, the engines below them. */
final class Engines implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final CollectorRegistry registry;
    private final String metadataName;
    private final String chunksName;
    private @Nullable FDBDatabase database;
    private @Nullable Hdfs storage;
    private @Nullable ChunkStoreConfig chunkConfig;
    private @Nullable MetadataStore metadata;
    private @Nullable ChunkStore chunks;
    private @Nullable HdfsHealth health;
    private @Nullable Workers workers;
    private volatile boolean hdfsFailed;

    private Engines(ServerConfig config, CollectorRegistry registry) {
        this.registry = registry;
        metadataName =
                config.fdbClusterFile() == null
                        ? "embedded engine"
                        : "FoundationDB of " + config.fdbClusterFile();
        chunksName = config.hdfsUri() == null ? "embedded HDFS" : config.hdfsUri().toString();
    }

    /**
     * Starts both sides at the same time; they take seconds and share nothing.
     *
     * @param onFatal told when the embedded HDFS stops by itself
     */
    static Engines start(
            ServerConfig config,
            DataDirectory data,
            CollectorRegistry registry,
            Consumer<Throwable> onFatal) {
        Engines engines = new Engines(config, registry);
        try {
            FutureTask<Hdfs> hdfs =
                    inBackground("start-hdfs", () -> engines.hdfs(config, data, onFatal));
            FDBDatabase database = engines.database(config, data);
            engines.database = database;
            MetadataStore metadata = openMetadata(database, config.fdbClusterFile() == null);
            engines.metadata = metadata;
            engines.push(metadata);
            Hdfs storage = join(hdfs);
            engines.storage = storage;
            ChunkStoreConfig chunkConfig = chunkConfig(config);
            engines.chunkConfig = chunkConfig;
            ChunkStore chunks =
                    ChunkStore.open(
                            storage.uri(),
                            storage.configuration(),
                            engines.metadata().chunks(),
                            chunkConfig);
            engines.chunks = chunks;
            engines.push(chunks);
            HdfsHealth health = HdfsHealth.of(storage.uri(), storage.configuration());
            engines.health = health;
            engines.push(health);
            engines.wireWorkers(
                    config.fdbClusterFile() == null,
                    database,
                    storage,
                    chunkConfig,
                    config.collection());
            return engines;
        } catch (StorageFullException e) {
            engines.close();
            throw StartupException.failed(
                    "the chunk store has no room: "
                            + e.getMessage()
                            + ". Nothing was changed; start again when there is room",
                    e);
        } catch (StorageUnsuitableException | StorageUnavailableException e) {
            engines.close();
            throw StartupException.failed("the chunk store cannot start: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            engines.close();
            throw e;
        }
    }

    MetadataStore metadata() {
        return Objects.requireNonNull(metadata, "started");
    }

    ChunkStore chunks() {
        return Objects.requireNonNull(chunks, "started");
    }

    private void wireWorkers(
            boolean embedded,
            FDBDatabase database,
            Hdfs storage,
            ChunkStoreConfig chunkConfig,
            CollectionSettings collection) {
        Workers wired =
                Workers.of(
                        new Stores(
                                database,
                                MetadataConfig.defaults(embedded),
                                metadata(),
                                chunks(),
                                chunkConfig,
                                storage.uri(),
                                storage.configuration(),
                                collection),
                        holder(),
                        embedded);
        wired.register(registry);
        workers = wired;
        push(wired);
    }

    /** Names this process among all that ever work on the cell. */
    private static String holder() {
        return ProcessHandle.current().pid() + "-" + Id128.random(new SecureRandom());
    }

    /** The collection and other background work, which has not begun yet. */
    Workers workers() {
        return Objects.requireNonNull(workers, "started");
    }

    /** What an operator can ask of all workers. */
    List<Route> operatorRoutes(RepairService repair) {
        List<Route> routes = new ArrayList<>(workers().routes());
        routes.addAll(repair.routes());
        return routes;
    }

    /** The stores as scrub and repair reach them. */
    RepairService repair(boolean works) {
        Hdfs hdfs = Objects.requireNonNull(storage, "started");
        return RepairService.open(
                new RepairService.Stores(
                        Objects.requireNonNull(database, "started"),
                        metadata(),
                        chunks(),
                        hdfs.uri(),
                        hdfs.configuration(),
                        Objects.requireNonNull(chunkConfig, "started")),
                registry,
                works);
    }

    String metadataName() {
        return metadataName;
    }

    String chunksName() {
        return chunksName;
    }

    boolean chunksAnswer() {
        return !hdfsFailed && health != null && health.answers();
    }

    /** Closes what was started, the last first. */
    @Override
    public void close() {
        while (true) {
            AutoCloseable last;
            synchronized (started) {
                last = started.pollLast();
            }
            if (last == null) {
                return;
            }
            try {
                last.close();
            } catch (Exception e) {
                LOG.warn("{} did not close cleanly", last.getClass().getSimpleName(), e);
            }
        }
    }

    private void push(AutoCloseable engine) {
        synchronized (started) {
            started.addLast(engine);
        }
    }

    private record Hdfs(URI uri, Configuration configuration) {}

    private Hdfs hdfs(ServerConfig config, DataDirectory data, Consumer<Throwable> onFatal)
            throws IOException {
        if (config.hdfsUri() != null) {
            return new Hdfs(config.hdfsUri(), HdfsSite.load(System.getenv()));
        }
        EmbeddedHdfs hdfs =
                EmbeddedHdfs.start(
                        data.hdfs(),
                        config.dataNodes(),
                        config.copies(),
                        failure -> {
                            hdfsFailed = true;
                            onFatal.accept(failure);
                        });
        synchronized (started) {
            started.addFirst(hdfs);
        }
        return new Hdfs(hdfs.uri(), hdfs.configuration());
    }

    /** The metadata of a database, which are made where there are none. */
    static MetadataStore openMetadata(FDBDatabase database, boolean embedded) {
        try {
            return MetadataStore.open(database, MetadataConfig.defaults(embedded));
        } catch (IllegalStateException e) {
            throw StartupException.failed(
                    "the metadata cannot be used by this version: " + e.getMessage(), e);
        } catch (MetadataUnavailableException e) {
            throw StartupException.failed(
                    "the metadata cannot be reached: "
                            + e.getMessage()
                            + (embedded ? "" : ". Is the cluster up, and its file right?"),
                    e);
        }
    }

    private FDBDatabase database(ServerConfig config, DataDirectory data) {
        Path clusterFile = config.fdbClusterFile();
        if (clusterFile == null) {
            return embedded(data);
        }
        FDBDatabaseFactory.instance().setTransactionListener(new FdbMetrics(registry));
        FDBDatabase database = cluster(clusterFile);
        new ClockSkew(database, InstantSource.system()).register(registry);
        return database;
    }

    /** The database of a FoundationDB cluster. */
    static FDBDatabase cluster(Path file) {
        try {
            return FDBDatabaseFactory.instance().getDatabase(file.toString());
        } catch (FDBException e) {
            throw StartupException.failed(
                    "the cluster file " + file + " cannot be used: " + e.getMessage(), e);
        } catch (UnsatisfiedLinkError e) {
            throw StartupException.failed(
                    "--fdb-cluster-file needs FoundationDB's client library (libfdb_c, 7.1 or"
                            + " later) on this machine",
                    e);
        }
    }

    private FDBDatabase embedded(DataDirectory data) {
        try {
            EmbeddedDatabase database = EmbeddedFoundationDb.open(data.metadata());
            push(database);
            new EmbeddedMetrics(database.statistics(), data.path()).register(registry);
            EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(database);
            factory.setTransactionListener(new FdbMetrics(registry));
            return factory.getDatabase();
        } catch (OpenException e) {
            int exitCode =
                    e instanceof OpenException.Locked
                            ? StartupException.LOCKED
                            : StartupException.FAILED;
            throw new StartupException(exitCode, String.valueOf(e.getMessage()), e);
        }
    }

    private static ChunkStoreConfig chunkConfig(ServerConfig config) {
        if (config.hdfsUri() == null) {
            return ChunkStoreConfig.forEmbedded(config.copies());
        }
        return ChunkStoreConfig.forCluster()
                .withReplication(config.copies(), Math.min(2, config.copies()));
    }

    private static <T> FutureTask<T> inBackground(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().name(name).daemon().start(task);
        return task;
    }

    private static <T> T join(FutureTask<T> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException(ExitCode.INTERRUPTED, "interrupted", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof RuntimeException failure) {
                throw failure;
            }
            throw StartupException.failed(
                    (cause == null ? "HDFS cannot start" : cause.getMessage())
                            + " If its files are damaged, restore them from a copy; nothing was"
                            + " changed. The log in the data directory says more.",
                    e);
        }
    }
}
