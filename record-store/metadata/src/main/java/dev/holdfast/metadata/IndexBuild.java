package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexState;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.OnlineIndexer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds indexes that came with a newer schema over the records that are there: online, in bounded
 * transactions, while other processes write. A build that was cut short goes on where it was. A
 * store of few records has them built when it is opened, and nothing is left to do here.
 */
final class IndexBuild {
    private static final Logger LOG = LoggerFactory.getLogger(IndexBuild.class);
    private static final int RECORDS_PER_TRANSACTION = 200;
    private static final int WRITE_BYTES_MAX = 500_000;
    private static final long PROGRESS_MILLIS = 1_000;

    private final FDBDatabase database;

    IndexBuild(FDBDatabase database) {
        this.database = database;
    }

    /** Returns when every index of the store can be read. */
    void finish(String name, FDBRecordStore.Builder store) {
        List<Index> missing = missing(store);
        if (missing.isEmpty()) {
            return;
        }
        List<String> names = missing.stream().map(Index::getName).toList();
        LOG.info("building the indexes {} of the store {}", names, name);
        FDBStoreTimer timer = new FDBStoreTimer();
        try (OnlineIndexer indexer =
                OnlineIndexer.newBuilder()
                        .setDatabase(database)
                        .setRecordStoreBuilder(store)
                        .setTargetIndexes(missing)
                        .setTimer(timer)
                        .setLimit(RECORDS_PER_TRANSACTION)
                        .setMaxWriteLimitBytes(WRITE_BYTES_MAX)
                        .build()) {
            await(name, timer, indexer.buildIndexAsync());
        }
        LOG.info("built the indexes {} of the store {}", names, name);
    }

    private List<Index> missing(FDBRecordStore.Builder builder) {
        try (FDBRecordContext context = database.openContext()) {
            FDBRecordStore store = builder.copyBuilder().setContext(context).open();
            return store.getAllIndexStates().entrySet().stream()
                    .filter(entry -> entry.getValue() != IndexState.READABLE)
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }

    private static void await(String name, FDBStoreTimer timer, CompletableFuture<Void> build) {
        while (true) {
            try {
                build.get(PROGRESS_MILLIS, TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException _) {
                LOG.info(
                        "building indexes of the store {}: {} records so far",
                        name,
                        timer.getCount(FDBStoreTimer.Counts.ONLINE_INDEX_BUILDER_RECORDS_SCANNED));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MetadataUnavailableException("interrupted while indexes are built", e);
            } catch (ExecutionException e) {
                throw new CompletionException(e.getCause());
            }
        }
    }
}
