package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.EvaluationContext;
import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.IsolationLevel;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.ScanProperties;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexAggregateFunction;
import com.apple.foundationdb.record.metadata.IndexOptions;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.Key.Expressions;
import com.apple.foundationdb.record.metadata.expressions.GroupingKeyExpression;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.OnlineIndexer;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every kind of index of the Record Layer that keeps state in the database in its own way. */
final class IndexTypesTest {
    private static final Subspace SPACE = new Subspace(Tuple.from("typed"));

    private EmbeddedDatabase engine;
    private FDBDatabase database;

    @BeforeEach
    void open() {
        engine = EmbeddedFoundationDb.inMemory();
        EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(engine);
        factory.setMaxAttempts(200);
        database = factory.getDatabase();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static GroupingKeyExpression scoreByGroup() {
        return Expressions.field("score").groupBy(Expressions.field("group"));
    }

    private static RecordMetaDataBuilder plain() {
        RecordMetaDataBuilder builder =
                RecordMetaData.newBuilder().setRecords(NoteRecords.FILE, false);
        builder.setSplitLongRecords(true);
        builder.getRecordType("Note").setPrimaryKey(Expressions.field("id"));
        return builder;
    }

    private static RecordMetaData with(
            String type, KeyExpression key, Map<String, String> options) {
        RecordMetaDataBuilder builder = plain();
        builder.addIndex("Note", new Index("typed", key, type, options));
        return builder.build();
    }

    private static FDBRecordStore store(FDBRecordContext context, RecordMetaData metaData) {
        return FDBRecordStore.newBuilder()
                .setMetaDataProvider(metaData)
                .setContext(context)
                .setSubspace(SPACE)
                .createOrOpen();
    }

    private void fill(RecordMetaData metaData) {
        database.run(context -> {
            FDBRecordStore store = store(context, metaData);
            for (long i = 0; i < 40; i++) {
                store.saveRecord(
                        NoteRecords.note(
                                i,
                                "the quick note number " + i,
                                i % 2 == 0 ? "even" : "odd",
                                new byte[0],
                                i * 7 % 40));
            }
            store.deleteRecord(Tuple.from(39L));
            return null;
        });
    }

    private List<IndexEntry> scan(RecordMetaData metaData, IndexScanType type, TupleRange range) {
        return database.run(context ->
                store(context, metaData)
                        .scanIndex(
                                metaData.getIndex("typed"),
                                type,
                                range,
                                null,
                                ScanProperties.FORWARD_SCAN)
                        .asList()
                        .join());
    }

    private Tuple aggregate(RecordMetaData metaData, String function) {
        return database.run(context ->
                store(context, metaData)
                        .evaluateAggregateFunction(
                                EvaluationContext.EMPTY,
                                List.of("Note"),
                                new IndexAggregateFunction(
                                        function,
                                        metaData.getIndex("typed").getRootExpression(),
                                        "typed"),
                                TupleRange.allOf(Tuple.from("even")),
                                IsolationLevel.SERIALIZABLE)
                        .join());
    }

    @Test
    void ranks() {
        RecordMetaData metaData = with(IndexTypes.RANK, scoreByGroup(), Map.of());
        fill(metaData);
        List<IndexEntry> third =
                scan(metaData, IndexScanType.BY_RANK, TupleRange.allOf(Tuple.from("even", 2L)));
        List<IndexEntry> all =
                scan(metaData, IndexScanType.BY_VALUE, TupleRange.allOf(Tuple.from("even")));
        assertThat(all).hasSize(20);
        assertThat(third).hasSize(1);
        assertThat(third.get(0).getKey().getLong(1)).isEqualTo(all.get(2).getKey().getLong(1));
    }

    @Test
    void sums() {
        RecordMetaData metaData = with(IndexTypes.SUM, scoreByGroup(), Map.of());
        fill(metaData);
        long expected = 0;
        for (long i = 0; i < 40; i += 2) {
            expected += i * 7 % 40;
        }
        assertThat(aggregate(metaData, "sum").getLong(0)).isEqualTo(expected);
    }

    @Test
    void keepsTheGreatestAndTheLeastEver() {
        RecordMetaData most = with(IndexTypes.MAX_EVER_LONG, scoreByGroup(), Map.of());
        fill(most);
        assertThat(aggregate(most, "max_ever").getLong(0)).isEqualTo(38);
        database.run(context -> {
            store(context, most).deleteAllRecords();
            return null;
        });
        RecordMetaData least = with(IndexTypes.MIN_EVER_TUPLE, scoreByGroup(), Map.of());
        engine.close();
        open();
        fill(least);
        assertThat(aggregate(least, "min_ever").getLong(0)).isZero();
    }

    @Test
    void findsWords() {
        RecordMetaData metaData = with(IndexTypes.TEXT, Expressions.field("name"), Map.of());
        fill(metaData);
        List<IndexEntry> quick =
                scan(metaData, IndexScanType.BY_TEXT_TOKEN, TupleRange.allOf(Tuple.from("quick")));
        List<IndexEntry> seven =
                scan(metaData, IndexScanType.BY_TEXT_TOKEN, TupleRange.allOf(Tuple.from("7")));
        assertThat(quick).hasSize(39);
        assertThat(seven).hasSize(1);
        assertThat(seven.get(0).getPrimaryKey().getLong(0)).isEqualTo(7);
    }

    @Test
    void keepsBitmaps() {
        RecordMetaData metaData =
                with(
                        IndexTypes.BITMAP_VALUE,
                        Expressions.field("id").groupBy(Expressions.field("group")),
                        Map.of(IndexOptions.BITMAP_VALUE_ENTRY_SIZE_OPTION, "16"));
        fill(metaData);
        List<IndexEntry> even =
                scan(metaData, IndexScanType.BY_GROUP, TupleRange.allOf(Tuple.from("even")));
        int bits =
                even.stream()
                        .mapToInt(entry -> {
                            int set = 0;
                            for (byte part : entry.getValue().getBytes(0)) {
                                set += Integer.bitCount(part & 0xff);
                            }
                            return set;
                        })
                        .sum();
        assertThat(bits).isEqualTo(20);
    }

    @Test
    void keepsPermutedMaxima() {
        RecordMetaData metaData =
                with(
                        IndexTypes.PERMUTED_MAX,
                        Expressions.field("score").groupBy(Expressions.field("group")),
                        Map.of(IndexOptions.PERMUTED_SIZE_OPTION, "1"));
        fill(metaData);
        List<IndexEntry> best = scan(metaData, IndexScanType.BY_GROUP, TupleRange.ALL);
        assertThat(best).hasSize(2);
        assertThat(best)
                .extracting(entry -> entry.getKey().getString(1))
                .containsExactlyInAnyOrder("even", "odd");
    }

    @Test
    void buildsAnIndexWhileRecordsChange() throws InterruptedException {
        fill(plain().build());
        RecordMetaDataBuilder builder = plain();
        Index added = new Index("typed", Expressions.field("score"), IndexTypes.VALUE);
        builder.addIndex("Note", added);
        RecordMetaData metaData = builder.build();
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer =
                Thread.ofPlatform()
                        .start(() -> {
                            for (long i = 100; !stop.get() && i < 400; i++) {
                                long id = i;
                                database.run(context ->
                                        store(context, metaData)
                                                .saveRecord(
                                                        NoteRecords.note(
                                                                id,
                                                                "n" + id,
                                                                "g",
                                                                new byte[0],
                                                                id)));
                            }
                        });
        database.run(context -> store(context, metaData).markIndexWriteOnly(added).join());
        try (OnlineIndexer indexer =
                OnlineIndexer.newBuilder()
                        .setDatabase(database)
                        .setMetaData(metaData)
                        .setIndex(added)
                        .setSubspace(SPACE)
                        .setLimit(5)
                        .build()) {
            indexer.buildIndex();
        }
        stop.set(true);
        writer.join();
        int records =
                database.run(context ->
                        store(context, metaData)
                                .scanRecords(null, ScanProperties.FORWARD_SCAN)
                                .getCount()
                                .join());
        assertThat(scan(metaData, IndexScanType.BY_VALUE, TupleRange.ALL)).hasSize(records);
        assertThat(records).isGreaterThanOrEqualTo(39);
    }
}
