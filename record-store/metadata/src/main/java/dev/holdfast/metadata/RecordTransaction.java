package dev.holdfast.metadata;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.ExecuteProperties;
import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.IsolationLevel;
import com.apple.foundationdb.record.RecordCursor;
import com.apple.foundationdb.record.RecordCursorResult;
import com.apple.foundationdb.record.ScanProperties;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStoreBase.RecordExistenceCheck;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStoreBase.VersionstampSaveBehavior;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoredRecord;
import com.apple.foundationdb.record.provider.foundationdb.RecordAlreadyExistsException;
import com.apple.foundationdb.record.query.expressions.Query;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * One transaction over both stores. Reads answer futures, so that a body can start many and wait
 * once; they are serializable unless they say snapshot. Not safe for several threads.
 */
final class RecordTransaction {
    private static final String SUM_LENGTH_WRONG = "a sum is eight bytes";

    private final FDBRecordContext context;
    private final FDBRecordStore.Builder metadataBuilder;
    private final FDBRecordStore.Builder chunksBuilder;
    private @Nullable FDBRecordStore metadata;
    private @Nullable FDBRecordStore chunks;

    RecordTransaction(
            FDBRecordContext context,
            FDBRecordStore.Builder metadataBuilder,
            FDBRecordStore.Builder chunksBuilder) {
        this.context = context;
        this.metadataBuilder = metadataBuilder;
        this.chunksBuilder = chunksBuilder;
    }

    void createStores() {
        metadata = join(metadataBuilder.copyBuilder().setContext(context).createOrOpenAsync());
        chunks = join(chunksBuilder.copyBuilder().setContext(context).createOrOpenAsync());
    }

    private FDBRecordStore metadata() {
        FDBRecordStore store = metadata;
        if (store == null) {
            store = join(metadataBuilder.copyBuilder().setContext(context).openAsync());
            metadata = store;
        }
        return store;
    }

    private FDBRecordStore chunks() {
        FDBRecordStore store = chunks;
        if (store == null) {
            store = join(chunksBuilder.copyBuilder().setContext(context).openAsync());
            chunks = store;
        }
        return store;
    }

    private FDBRecordStore storeOf(Schema.Type type) {
        return type.inChunks() ? chunks() : metadata();
    }

    <T> T join(CompletableFuture<T> future) {
        return context.asyncToSync(FDBStoreTimer.Waits.WAIT_LOAD_RECORD, future);
    }

    void joinAll(List<? extends CompletableFuture<?>> futures) {
        join(CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)));
    }

    /** A primary key: the type's number, then the parts. */
    static Tuple key(Schema.Type type, Object... parts) {
        List<Object> items = new ArrayList<>(parts.length + 1);
        items.add(type.key());
        addParts(items, parts);
        return Tuple.fromList(items);
    }

    /** A key without the type's number, as indexes and their ranges have it. */
    static Tuple parts(Object... parts) {
        List<Object> items = new ArrayList<>(parts.length);
        addParts(items, parts);
        return Tuple.fromList(items);
    }

    private static void addParts(List<Object> items, Object... parts) {
        for (Object part : parts) {
            items.add(part instanceof ByteString bytes ? bytes.toByteArray() : part);
        }
    }

    <M extends Message> CompletableFuture<Optional<M>> load(
            Class<M> as, Schema.Type type, Object... parts) {
        return loadRaw(type, false, key(type, parts))
                .thenApply(found -> Optional.ofNullable(found).map(r -> as.cast(r.getRecord())));
    }

    <M extends Message> CompletableFuture<Optional<M>> loadSnapshot(
            Class<M> as, Schema.Type type, Object... parts) {
        return loadRaw(type, true, key(type, parts))
                .thenApply(found -> Optional.ofNullable(found).map(r -> as.cast(r.getRecord())));
    }

    private CompletableFuture<@Nullable FDBStoredRecord<Message>> loadRaw(
            Schema.Type type, boolean snapshot, Tuple key) {
        return storeOf(type).loadRecordAsync(key, snapshot);
    }

    /** Loads and waits. */
    <M extends Message> Optional<M> get(Class<M> as, Schema.Type type, Object... parts) {
        return join(load(as, type, parts));
    }

    /** Saves a record, whether it is there or not. */
    CompletableFuture<?> save(Schema.Type type, Message record) {
        return storeOf(type)
                .saveRecordAsync(
                        record,
                        RecordExistenceCheck.NONE,
                        null,
                        type.versioned()
                                ? VersionstampSaveBehavior.WITH_VERSION
                                : VersionstampSaveBehavior.NO_VERSION);
    }

    /**
     * Saves a record unless there is one with its key; false when there is, which stays. The read
     * is serializable.
     */
    CompletableFuture<Boolean> insert(Schema.Type type, Message record) {
        return storeOf(type)
                .saveRecordAsync(
                        record,
                        RecordExistenceCheck.ERROR_IF_EXISTS,
                        null,
                        type.versioned()
                                ? VersionstampSaveBehavior.WITH_VERSION
                                : VersionstampSaveBehavior.NO_VERSION)
                .handle((saved, failure) -> {
                    if (failure == null) {
                        return true;
                    }
                    if (unwrapped(failure) instanceof RecordAlreadyExistsException) {
                        return false;
                    }
                    throw new CompletionException(unwrapped(failure));
                });
    }

    private static Throwable unwrapped(Throwable failure) {
        @Nullable Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    CompletableFuture<Boolean> delete(Schema.Type type, Object... parts) {
        return storeOf(type).deleteRecordAsync(key(type, parts));
    }

    /** Deletes all records of a type whose key begins with the value of a field. */
    CompletableFuture<Void> deleteAll(Schema.Type type, String field, ByteString value) {
        return storeOf(type)
                .deleteRecordsWhereAsync(
                        type.record(), Query.field(field).equalsValue(value.toByteArray()));
    }

    /** A record with the version of the commit that wrote it. */
    <M extends Message> CompletableFuture<Optional<Stored<M>>> loadVersioned(
            Class<M> as, Schema.Type type, Object... parts) {
        return loadRaw(type, false, key(type, parts))
                .thenApply(found ->
                        Optional.ofNullable(found)
                                .map(r -> new Stored<>(as.cast(r.getRecord()), r.getVersion())));
    }

    /** A sum or count of an atomic index; 0 for a group that never was. */
    CompletableFuture<Long> sum(Schema.Type type, String index, boolean snapshot, Object... group) {
        FDBRecordStore store = storeOf(type);
        byte[] key = store.indexSubspace(index(store, index)).pack(parts(group));
        return context.readTransaction(snapshot)
                .get(key)
                .thenApply(value -> {
                    if (value == null) {
                        return 0L;
                    }
                    if (value.length != Long.BYTES) {
                        throw new IllegalStateException(SUM_LENGTH_WRONG);
                    }
                    return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
                });
    }

    /** The value of a version index key, 12 bytes; empty before the first. */
    CompletableFuture<Optional<FDBRecordVersion>> maxVersion(
            Schema.Type type, String index, boolean snapshot, Object... group) {
        return context.readTransaction(snapshot)
                .get(indexKey(type, index, group))
                .thenApply(value ->
                        Optional.ofNullable(value)
                                .map(bytes ->
                                        FDBRecordVersion.fromVersionstamp(
                                                Tuple.fromBytes(bytes).getVersionstamp(0))));
    }

    byte[] indexKey(Schema.Type type, String index, Object... group) {
        FDBRecordStore store = storeOf(type);
        return store.indexSubspace(index(store, index)).pack(parts(group));
    }

    private static Index index(FDBRecordStore store, String name) {
        return store.getRecordMetaData().getIndex(name);
    }

    /** Entries of an index, without the records. */
    CompletableFuture<List<IndexEntry>> entries(
            Schema.Type type, String index, TupleRange range, ScanProperties scan) {
        FDBRecordStore store = storeOf(type);
        return store.scanIndex(index(store, index), IndexScanType.BY_VALUE, range, null, scan)
                .asList();
    }

    /** Records by an index. */
    <M extends Message> CompletableFuture<List<Stored<M>>> byIndex(
            Class<M> as, Schema.Type type, String index, TupleRange range, ScanProperties scan) {
        return storeOf(type)
                .scanIndexRecords(index, IndexScanType.BY_VALUE, range, null, scan)
                .map(r -> new Stored<>(as.cast(r.getRecord()), r.getVersion()))
                .asList();
    }

    /** Records by a range of primary keys, of which the parts of both ends begin with the type. */
    <M extends Message> CompletableFuture<List<M>> byKey(
            Class<M> as, Schema.Type type, TupleRange range, ScanProperties scan) {
        return cursorByKey(as, type, range, scan).asList();
    }

    <M extends Message> RecordCursor<M> cursorByKey(
            Class<M> as, Schema.Type type, TupleRange range, ScanProperties scan) {
        return storeOf(type).scanRecords(range, null, scan).map(r -> as.cast(r.getRecord()));
    }

    <M extends Message> RecordCursor<M> cursorByIndex(
            Class<M> as, Schema.Type type, String index, TupleRange range, ScanProperties scan) {
        return storeOf(type)
                .scanIndexRecords(index, IndexScanType.BY_VALUE, range, null, scan)
                .map(r -> as.cast(r.getRecord()));
    }

    /** Whether there is really nothing; a scan that met a limit has no next either, but says so. */
    boolean isEmpty(RecordCursor<?> cursor) {
        try (cursor) {
            RecordCursorResult<?> first = join(cursor.onNext().thenApply(result -> result));
            return !first.hasNext()
                    && first.getNoNextReason() == RecordCursor.NoNextReason.SOURCE_EXHAUSTED;
        }
    }

    /** Everything whose key begins with the parts. */
    static TupleRange under(Schema.Type type, Object... parts) {
        return TupleRange.allOf(key(type, parts));
    }

    static TupleRange allOf(Object... parts) {
        return TupleRange.allOf(parts(parts));
    }

    /** All keys with the prefix, from a key on or after it. */
    static TupleRange after(Tuple prefix, Tuple low, boolean inclusive) {
        return new TupleRange(
                low,
                prefix,
                inclusive ? EndpointType.RANGE_INCLUSIVE : EndpointType.RANGE_EXCLUSIVE,
                EndpointType.RANGE_INCLUSIVE);
    }

    /** All keys with the prefix, up to a key that is included. */
    static TupleRange upTo(Tuple prefix, Tuple high) {
        return new TupleRange(
                prefix, high, EndpointType.RANGE_INCLUSIVE, EndpointType.RANGE_INCLUSIVE);
    }

    /** All keys with the prefix, below a key. */
    static TupleRange before(Tuple prefix, Tuple high) {
        return new TupleRange(
                prefix, high, EndpointType.RANGE_INCLUSIVE, EndpointType.RANGE_EXCLUSIVE);
    }

    /** All keys from one to another, both included. */
    static TupleRange between(Tuple low, Tuple high) {
        return new TupleRange(
                low, high, EndpointType.RANGE_INCLUSIVE, EndpointType.RANGE_INCLUSIVE);
    }

    static ScanProperties forward(int limit) {
        return scan(limit, IsolationLevel.SERIALIZABLE, false);
    }

    static ScanProperties forwardSnapshot(int limit) {
        return scan(limit, IsolationLevel.SNAPSHOT, false);
    }

    static ScanProperties backwardSnapshot(int limit) {
        return scan(limit, IsolationLevel.SNAPSHOT, true);
    }

    static ScanProperties backward(int limit) {
        return scan(limit, IsolationLevel.SERIALIZABLE, true);
    }

    private static ScanProperties scan(int limit, IsolationLevel isolation, boolean reverse) {
        return new ScanProperties(
                ExecuteProperties.newBuilder()
                        .setReturnedRowLimit(limit)
                        .setIsolationLevel(isolation)
                        .build(),
                reverse);
    }

    /** Bytes this transaction would send to a commit so far; versionstamped keys come on top. */
    long approximateSize() {
        return join(raw().getApproximateSize());
    }

    long readVersion() {
        return context.getReadVersion();
    }

    /** Completes when the key's value changes after this transaction, which must be committed. */
    CompletableFuture<Void> watch(byte[] key) {
        return raw().watch(key);
    }

    private Transaction raw() {
        return context.ensureActive();
    }

    /** A record with its version, where its type has one. */
    record Stored<M extends Message>(M record, @Nullable FDBRecordVersion version) {}
}
