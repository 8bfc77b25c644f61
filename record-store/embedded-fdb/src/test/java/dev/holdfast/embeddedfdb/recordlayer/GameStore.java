package dev.holdfast.embeddedfdb.recordlayer;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.ScanProperties;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.SuiteDatabase;
import dev.holdfast.embeddedfdb.recordlayer.Games.Game;
import java.util.List;
import java.util.function.Function;

/** A record store on an engine in memory, or on a cluster. */
final class GameStore implements AutoCloseable {
    static final Subspace SPACE = new Subspace(Tuple.from("games"));

    private final SuiteDatabase home = SuiteDatabase.inMemory();
    private final FDBDatabase database = home.recordLayer();

    /** Multidimensional indexes cannot do without one. */
    private final FDBStoreTimer timer = new FDBStoreTimer();

    FDBDatabase database() {
        return database;
    }

    static FDBRecordStore open(FDBRecordContext context, RecordMetaData metaData) {
        return FDBRecordStore.newBuilder()
                .setMetaDataProvider(metaData)
                .setContext(context)
                .setSubspace(SPACE)
                .createOrOpen();
    }

    <T> T run(RecordMetaData metaData, Function<FDBRecordStore, T> work) {
        return database.run(timer, null, context -> work.apply(open(context, metaData)));
    }

    void save(RecordMetaData metaData, Game game) {
        run(metaData, store -> store.saveRecord(game.message(Games.FIRST)));
    }

    void delete(RecordMetaData metaData, long id) {
        run(metaData, store -> store.deleteRecord(Tuple.from(id)));
    }

    List<IndexEntry> scan(
            RecordMetaData metaData, String index, IndexScanType type, TupleRange range) {
        return run(
                metaData,
                store ->
                        store.scanIndex(
                                        metaData.getIndex(index),
                                        type,
                                        range,
                                        null,
                                        ScanProperties.FORWARD_SCAN)
                                .asList()
                                .join());
    }

    @Override
    public void close() {
        home.close();
    }
}
