package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.RecordIndexUniquenessViolation;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.ScanProperties;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexOptions;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.Key.Expressions;
import com.apple.foundationdb.record.metadata.expressions.GroupingKeyExpression;
import com.apple.foundationdb.record.metadata.expressions.VersionKeyExpression;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBQueriedRecord;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoredRecord;
import com.apple.foundationdb.record.query.RecordQuery;
import com.apple.foundationdb.record.query.expressions.Query;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Record Layer on the embedded engine or a cluster, with the features the metadata needs. */
final class RecordLayerTest {
    private static final Subspace SPACE = new Subspace(Tuple.from("notes"));

    @TempDir Path directory;
    private SuiteDatabase home;
    private FDBDatabase database;

    @BeforeEach
    void open() {
        home = SuiteDatabase.in(directory.resolve("db"));
        database = home.recordLayer();
    }

    @AfterEach
    void close() {
        home.close();
    }

    static RecordMetaData metaData() {
        RecordMetaDataBuilder builder =
                RecordMetaData.newBuilder().setRecords(NoteRecords.FILE, false);
        builder.setSplitLongRecords(true);
        builder.setStoreRecordVersions(true);
        builder.getRecordType("Note").setPrimaryKey(Expressions.field("id"));
        builder.addIndex(
                "Note",
                new Index(
                        "by_name",
                        Expressions.field("name"),
                        IndexTypes.VALUE,
                        Map.of(IndexOptions.UNIQUE_OPTION, "true")));
        builder.addIndex(
                "Note",
                new Index(
                        "count_by_group",
                        new GroupingKeyExpression(Expressions.field("group"), 0),
                        IndexTypes.COUNT));
        builder.addIndex(
                "Note", new Index("by_version", VersionKeyExpression.VERSION, IndexTypes.VERSION));
        builder.addIndex(
                "Note",
                new Index(
                        "last_version_by_group",
                        VersionKeyExpression.VERSION.groupBy(Expressions.field("group")),
                        IndexTypes.MAX_EVER_VERSION));
        return builder.build();
    }

    private static FDBRecordStore store(FDBRecordContext context) {
        return FDBRecordStore.newBuilder()
                .setMetaDataProvider(metaData())
                .setContext(context)
                .setSubspace(SPACE)
                .createOrOpen();
    }

    private void save(long id, String name, String group, byte[] body) {
        database.run(
                context -> store(context).saveRecord(NoteRecords.note(id, name, group, body, id)));
    }

    private long count(String group) {
        return database.run(context ->
                store(context)
                        .scanIndex(
                                metaData().getIndex("count_by_group"),
                                IndexScanType.BY_GROUP,
                                TupleRange.allOf(Tuple.from(group)),
                                null,
                                ScanProperties.FORWARD_SCAN)
                        .asList()
                        .join()
                        .stream()
                        .mapToLong(entry -> entry.getValue().getLong(0))
                        .sum());
    }

    @Test
    void savesAndReadsALongRecordInParts() {
        byte[] body = new byte[350_000];
        new Random(7).nextBytes(body);
        save(1, "long", "g", body);
        Message read =
                database.run(context -> {
                    FDBStoredRecord<Message> stored = store(context).loadRecord(Tuple.from(1L));
                    assertThat(stored).isNotNull();
                    assertThat(stored.isSplit()).isTrue();
                    assertThat(stored.getVersion()).isNotNull();
                    return stored.getRecord();
                });
        assertThat(NoteRecords.field(read, "body")).isEqualTo(ByteString.copyFrom(body));
    }

    @Test
    void keepsUniqueIndexesUnique() {
        save(1, "same", "g", new byte[0]);
        assertThatThrownBy(() -> save(2, "same", "g", new byte[0]))
                .isInstanceOf(RecordIndexUniquenessViolation.class);
    }

    @Test
    void countsByGroupThroughAtomicMutations() {
        for (int i = 0; i < 20; i++) {
            save(i, "n" + i, i % 2 == 0 ? "even" : "odd", new byte[10]);
        }
        database.run(context -> store(context).deleteRecord(Tuple.from(2L)));
        assertThat(count("even")).isEqualTo(9);
        assertThat(count("odd")).isEqualTo(10);
    }

    @Test
    void ordersRecordsByTheVersionOfTheirLastCommit() {
        save(1, "a", "g", new byte[0]);
        save(2, "b", "g", new byte[0]);
        save(3, "c", "g", new byte[0]);
        save(1, "a2", "g", new byte[0]);
        List<Long> ids =
                database.run(context ->
                        store(context)
                                .scanIndex(
                                        metaData().getIndex("by_version"),
                                        IndexScanType.BY_VALUE,
                                        TupleRange.ALL,
                                        null,
                                        ScanProperties.FORWARD_SCAN)
                                .map(entry -> entry.getPrimaryKey().getLong(0))
                                .asList()
                                .join());
        assertThat(ids).containsExactly(2L, 3L, 1L);
    }

    @Test
    void keepsTheGreatestVersionEver() {
        save(1, "a", "g", new byte[0]);
        Tuple first = lastVersion();
        save(2, "b", "g", new byte[0]);
        Tuple second = lastVersion();
        database.run(context -> store(context).deleteRecord(Tuple.from(2L)));
        assertThat(second.getVersionstamp(0)).isGreaterThan(first.getVersionstamp(0));
        assertThat(lastVersion().getVersionstamp(0)).isEqualTo(second.getVersionstamp(0));
    }

    private Tuple lastVersion() {
        return database.run(context ->
                store(context)
                        .scanIndex(
                                metaData().getIndex("last_version_by_group"),
                                IndexScanType.BY_GROUP,
                                TupleRange.allOf(Tuple.from("g")),
                                null,
                                ScanProperties.FORWARD_SCAN)
                        .first()
                        .join()
                        .orElseThrow()
                        .getValue());
    }

    @Test
    void answersQueriesThroughAnIndex() {
        for (int i = 0; i < 300; i++) {
            save(i, String.format("name-%03d", i), "g", new byte[300]);
        }
        RecordQuery query =
                RecordQuery.newBuilder()
                        .setRecordType("Note")
                        .setFilter(
                                Query.and(
                                        Query.field("name").greaterThanOrEquals("name-100"),
                                        Query.field("name").lessThan("name-250")))
                        .setSort(Expressions.field("name"))
                        .build();
        List<FDBQueriedRecord<Message>> found =
                database.run(context -> store(context).executeQuery(query).asList().join());
        assertThat(found).hasSize(150);
        assertThat(NoteRecords.field(found.get(0).getRecord(), "name")).isEqualTo("name-100");
    }

    @Test
    void retriesConflictingWorkUntilNothingIsLost() throws Exception {
        save(1, "counter", "g", new byte[0]);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> workers =
                    IntStream.range(0, 8)
                            .<Future<?>>mapToObj(worker -> threads.submit(this::incrementTenTimes))
                            .toList();
            for (Future<?> worker : workers) {
                worker.get();
            }
        }
        long score =
                database.run(context ->
                        (Long)
                                NoteRecords.field(
                                        store(context).loadRecord(Tuple.from(1L)).getRecord(),
                                        "score"));
        assertThat(score).isEqualTo(81);
        EmbeddedDatabase engine = home.engine();
        if (engine != null) {
            assertThat(engine.statistics().conflicts()).isPositive();
        }
    }

    private void incrementTenTimes() {
        for (int i = 0; i < 10; i++) {
            database.run(context -> {
                FDBRecordStore store = store(context);
                Message old = store.loadRecord(Tuple.from(1L)).getRecord();
                long score = (Long) NoteRecords.field(old, "score");
                return store.saveRecord(
                        NoteRecords.note(1, "counter", "g", new byte[0], score + 1));
            });
        }
    }

    @Test
    void findsEverythingAfterReopening() {
        assumeThat(home.engine()).as("an engine").isNotNull();
        save(5, "kept", "g", new byte[100]);
        home.close();
        open();
        assertThat(count("g")).isEqualTo(1);
        save(6, "more", "g", new byte[100]);
        assertThat(count("g")).isEqualTo(2);
    }
}
