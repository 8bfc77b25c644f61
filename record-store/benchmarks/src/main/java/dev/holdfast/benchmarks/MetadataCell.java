package dev.holdfast.benchmarks;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDB;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A metadata store to measure, with what its transactions do counted: on the engine, or on the
 * FoundationDB that {@code HOLDFAST_FDB_CLUSTER_FILE} names.
 */
record MetadataCell(
        Database engine, FDBDatabase records, MetadataStore store, TransactionCounts counts)
        implements AutoCloseable {
    private static final int API_VERSION = 710;

    static MetadataCell open(Path scratch) throws IOException {
        @Nullable String cluster = System.getenv("HOLDFAST_FDB_CLUSTER_FILE");
        Database engine =
                cluster == null
                        ? EmbeddedFoundationDb.open(scratch.resolve("engine"))
                        : FDB.selectAPIVersion(API_VERSION).open(cluster);
        TransactionCounts counts = new TransactionCounts();
        EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(engine);
        factory.setTransactionListener(counts);
        FDBDatabase records = factory.getDatabase();
        MetadataStore store =
                MetadataStore.open(
                        records, MetadataConfig.defaults(cluster == null), new FDBStoreTimer());
        return new MetadataCell(engine, records, store, counts);
    }

    /** On a cluster, what was measured stays there: in the place of a cell of its own. */
    @Override
    public void close() {
        store.close();
        engine.close();
    }
}
