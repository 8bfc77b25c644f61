package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.record.RecordCoreArgumentException;
import com.apple.foundationdb.record.provider.foundationdb.APIVersion;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabaseFactory;
import com.apple.foundationdb.record.provider.foundationdb.FDBLocalityProvider;
import com.apple.foundationdb.record.provider.foundationdb.FDBLocalityUtil;
import com.apple.foundationdb.record.provider.foundationdb.FDBTraceFormat;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives the Record Layer its databases from an embedded one. The "cluster file" is ignored: every
 * name leads to the database this factory was made with, which the factory does not own.
 */
public final class EmbeddedFdbDatabaseFactory extends FDBDatabaseFactory {
    private final Database database;
    private FDBLocalityProvider localityProvider = FDBLocalityUtil.instance();
    private Supplier<Boolean> tracedSupplier = () -> false;
    private APIVersion apiVersion = APIVersion.API_VERSION_7_1;

    /** A factory over an open database. */
    public EmbeddedFdbDatabaseFactory(Database database) {
        this.database = database;
    }

    @Override
    public FDBDatabase getDatabase() {
        return getDatabase(null);
    }

    @Override
    public synchronized FDBDatabase getDatabase(@Nullable String clusterFile) {
        return databases.computeIfAbsent(clusterFile, this::make);
    }

    private FDBDatabase make(@Nullable String clusterFile) {
        FDBDatabase made = new EmbeddedFdbDatabase(this, clusterFile);
        made.setDirectoryCacheSize(getDirectoryCacheSize());
        made.setTrackLastSeenVersion(getTrackLastSeenVersion());
        made.setResolverStateRefreshTimeMillis(getStateRefreshTimeMillis());
        made.setDatacenterId(getDatacenterId());
        made.setStoreStateCache(getStoreStateCacheFactory().getCache(made));
        return made;
    }

    /** The Record Layer's database, whose constructor is for factories only. */
    private static final class EmbeddedFdbDatabase extends FDBDatabase {
        EmbeddedFdbDatabase(FDBDatabaseFactory factory, @Nullable String clusterFile) {
            super(factory, clusterFile);
        }
    }

    @Override
    public Database open(@Nullable String clusterFile) {
        return database;
    }

    /** Closes the Record Layer's view, and with it the database. */
    @Override
    public synchronized void shutdown() {
        databases.values().forEach(FDBDatabase::close);
        databases.clear();
    }

    /** There is no client whose trace files could be turned on. */
    @Override
    public void setTrace(@Nullable String traceDirectory, @Nullable String traceLogGroup) {}

    @Override
    public void setTraceFormat(FDBTraceFormat traceFormat) {}

    @Override
    public void setRunLoopProfilingEnabled(boolean runLoopProfilingEnabled) {}

    @Override
    public boolean isRunLoopProfilingEnabled() {
        return false;
    }

    @Override
    public void setTransactionIsTracedSupplier(Supplier<Boolean> supplier) {
        tracedSupplier = supplier;
    }

    @Override
    public Supplier<Boolean> getTransactionIsTracedSupplier() {
        return tracedSupplier;
    }

    @Override
    public void setAPIVersion(APIVersion version) {
        if (version.getVersionNumber() > NativeClient.API_VERSION) {
            throw new RecordCoreArgumentException("API version is newer than the embedded engine");
        }
        apiVersion = version;
    }

    @Override
    public APIVersion getAPIVersion() {
        return apiVersion;
    }

    @Override
    public FDBLocalityProvider getLocalityProvider() {
        return localityProvider;
    }

    @Override
    public void setLocalityProvider(FDBLocalityProvider provider) {
        localityProvider = provider;
    }
}
