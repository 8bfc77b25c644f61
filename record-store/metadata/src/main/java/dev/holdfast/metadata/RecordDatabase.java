package dev.holdfast.metadata;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.record.RecordCoreRetriableTransactionException;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.provider.common.MessageBuilderRecordSerializer;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContextConfig;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.storestate.FDBRecordStoreStateCache;
import com.apple.foundationdb.record.provider.foundationdb.storestate.MetaDataVersionStampStoreStateCacheFactory;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.metadata.schema.ChunkRecords.ChunksUnion;
import dev.holdfast.metadata.schema.MetadataRecords.MetadataUnion;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs transactions on the two record stores of a cell, again and again until one is committed or
 * known to be impossible. A body may therefore run several times and even after its own commit
 * ({@code commit_unknown_result}): it must be idempotent, and must not touch anything outside.
 */
final class RecordDatabase {
    /** Below it the stores of older versions could not be read; raised only with a migration. */
    static final int FORMAT_VERSION =
            FDBRecordStore.CHECK_INDEX_BUILD_TYPE_DURING_UPDATE_FORMAT_VERSION;

    private static final int ATTEMPTS_MAX = 24;
    private static final long BACKOFF_MILLIS_MAX = 500;
    private static final long TRANSACTION_MILLIS_MAX = 10_000;

    /** What FoundationDB's own loop retries: fdb_error_predicate with RETRYABLE. */
    private static final Set<Integer> RETRYABLE =
            Set.of(1007, 1009, 1020, 1021, 1037, 1038, 1039, 1042, 1051, 1078, 1200, 1213, 1235);

    /** First part of all keys; the store's number follows. */
    static final Tuple ROOT = Tuple.from("holdfast");

    private static final long METADATA = 1;
    private static final long CHUNKS = 2;

    private final FDBDatabase database;
    private final @Nullable FDBStoreTimer timer;
    private final FDBRecordStore.Builder metadata;
    private final FDBRecordStore.Builder chunks;
    private final AtomicLong lastCommitted = new AtomicLong();

    RecordDatabase(FDBDatabase database, @Nullable FDBStoreTimer timer) {
        this(database, timer, ROOT);
    }

    /** With all keys below a place of their own. */
    RecordDatabase(FDBDatabase database, @Nullable FDBStoreTimer timer, Tuple root) {
        this.database = database;
        this.timer = timer;
        FDBRecordStoreStateCache cache =
                MetaDataVersionStampStoreStateCacheFactory.newInstance().getCache(database);
        metadata =
                builder(Schema.metadata(), new Subspace(root.add(METADATA)), cache)
                        .setSerializer(
                                new MessageBuilderRecordSerializer(MetadataUnion::newBuilder));
        chunks =
                builder(Schema.chunks(), new Subspace(root.add(CHUNKS)), cache)
                        .setSerializer(new MessageBuilderRecordSerializer(ChunksUnion::newBuilder));
    }

    private static FDBRecordStore.Builder builder(
            RecordMetaData schema, Subspace subspace, FDBRecordStoreStateCache cache) {
        return FDBRecordStore.newBuilder()
                .setMetaDataProvider(schema)
                .setSubspace(subspace)
                .setFormatVersion(FORMAT_VERSION)
                .setStoreStateCache(cache)
                .setStateCacheabilityOnOpen(FDBRecordStore.StateCacheabilityOnOpen.CACHEABLE);
    }

    /**
     * Makes both stores, or brings their headers up to date; then builds the indexes that are new.
     */
    void create() {
        attempt(
                true,
                transaction -> {
                    transaction.createStores();
                    return true;
                });
        IndexBuild builds = new IndexBuild(database);
        builds.finish("metadata", metadata);
        builds.finish("chunks", chunks);
    }

    /** Runs a body that may write, and commits it. */
    <T> T write(Function<RecordTransaction, T> body) {
        return attempt(true, body);
    }

    /** Runs a body that only reads, all of it at one version. */
    <T> T read(Function<RecordTransaction, T> body) {
        return attempt(false, body);
    }

    private <T> T attempt(boolean commit, Function<RecordTransaction, T> body) {
        for (int attempt = 1; ; attempt++) {
            try (FDBRecordContext context = database.openContext(contextConfig())) {
                T result = body.apply(new RecordTransaction(context, metadata, chunks));
                if (commit) {
                    context.commit();
                    noteCommit(context);
                }
                return result;
            } catch (RuntimeException failure) {
                @Nullable FDBException cause = databaseFault(failure);
                if (cause == null && !retriable(failure)) {
                    throw failure;
                }
                boolean again = cause == null || RETRYABLE.contains(cause.getCode());
                if (!again || attempt == ATTEMPTS_MAX) {
                    throw new MetadataUnavailableException(
                            "FoundationDB cannot serve a transaction", failure);
                }
                pause(attempt);
            }
        }
    }

    /** A transaction that wrote nothing has no version of its own. */
    private void noteCommit(FDBRecordContext context) {
        long version = context.getCommittedVersion();
        if (version > 0) {
            lastCommitted.accumulateAndGet(version, Math::max);
        }
    }

    /** The highest version this process has committed; 0 before the first. */
    long lastCommitted() {
        return lastCommitted.get();
    }

    private FDBRecordContextConfig contextConfig() {
        FDBRecordContextConfig.Builder config =
                FDBRecordContextConfig.newBuilder()
                        .setTransactionTimeoutMillis(TRANSACTION_MILLIS_MAX);
        if (timer != null) {
            config.setTimer(timer);
        }
        return config.build();
    }

    private static @Nullable FDBException databaseFault(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof FDBException fault) {
                return fault;
            }
        }
        return null;
    }

    private static boolean retriable(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof RecordCoreRetriableTransactionException) {
                return true;
            }
        }
        return false;
    }

    private static void pause(int attempt) {
        long most = Math.min(BACKOFF_MILLIS_MAX, 1L << Math.min(attempt, 9));
        long millis = ThreadLocalRandom.current().nextLong(most + 1);
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetadataUnavailableException("interrupted between two tries", e);
        }
    }
}
