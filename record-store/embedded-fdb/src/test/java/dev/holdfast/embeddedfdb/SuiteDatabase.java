package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.embeddedfdb.bindingtester.RealCluster;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the Record Layer's suites run on: an engine of their own or, where {@code
 * HOLDFAST_FDB_CLUSTER_FILE} names one, an empty real cluster, which is left empty.
 */
public final class SuiteDatabase implements AutoCloseable {
    private static final int ATTEMPTS_MAX = 1_000;

    private final @Nullable RealCluster cluster;
    private final @Nullable EmbeddedDatabase engine;

    private SuiteDatabase(Supplier<EmbeddedDatabase> embedded) {
        cluster = RealCluster.openIfNamed();
        engine = cluster == null ? embedded.get() : null;
    }

    /** A fresh engine in memory, or the cluster. */
    public static SuiteDatabase inMemory() {
        return new SuiteDatabase(EmbeddedFoundationDb::inMemory);
    }

    /** An engine in a directory, or the cluster. */
    public static SuiteDatabase in(Path directory) {
        return new SuiteDatabase(() -> EmbeddedFoundationDb.open(directory));
    }

    /** The engine, or null where the suite runs on a cluster. */
    public @Nullable EmbeddedDatabase engine() {
        return engine;
    }

    public Database database() {
        if (cluster != null) {
            return cluster.database();
        }
        if (engine != null) {
            return engine;
        }
        throw new IllegalStateException("neither an engine nor a cluster");
    }

    /** The Record Layer's view of it. */
    public FDBDatabase recordLayer() {
        EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(database());
        factory.setMaxAttempts(ATTEMPTS_MAX);
        return factory.getDatabase();
    }

    @Override
    public void close() {
        if (engine != null) {
            engine.close();
        }
        if (cluster != null) {
            cluster.clear();
            cluster.close();
        }
    }
}
