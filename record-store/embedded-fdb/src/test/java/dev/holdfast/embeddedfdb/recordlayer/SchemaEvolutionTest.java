package dev.holdfast.embeddedfdb.recordlayer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.Key.Expressions;
import com.apple.foundationdb.record.metadata.MetaDataEvolutionValidator;
import com.apple.foundationdb.record.provider.foundationdb.RecordStoreStaleMetaDataVersionException;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import dev.holdfast.embeddedfdb.recordlayer.Games.Game;
import org.junit.jupiter.api.Test;

/** A store whose record type gets a field, the schema a type, and the indexes change. */
final class SchemaEvolutionTest {
    private static RecordMetaData first() {
        RecordMetaDataBuilder builder = Games.builder(Games.FIRST);
        builder.addIndex("Game", Games.byScore());
        return builder.build();
    }

    private static RecordMetaData second() {
        RecordMetaDataBuilder builder = Games.builder(Games.FIRST);
        builder.addIndex("Game", Games.byScore());
        builder.updateRecords(Games.SECOND);
        builder.getRecordType("Place").setPrimaryKey(Expressions.field("id"));
        builder.removeIndex("by_score");
        builder.addIndex(
                "Game", new Index("by_referee", Expressions.field("referee"), IndexTypes.VALUE));
        return builder.build();
    }

    private static Message refereed(long id, String referee) {
        Descriptor type = Games.SECOND.findMessageTypeByName("Game");
        return new Game(id, "red", 1, 2, 3, "late")
                .message(Games.SECOND).toBuilder()
                        .setField(type.findFieldByName("referee"), referee)
                        .build();
    }

    @Test
    void oldRecordsAreReadAndIndexedUnderTheNewSchema() {
        MetaDataEvolutionValidator.getDefaultInstance().validate(first(), second());
        try (GameStore store = new GameStore()) {
            for (long id = 0; id < 10; id++) {
                store.save(first(), new Game(id, "blue", id, 1, 1, "early"));
            }
            RecordMetaData evolved = second();
            Descriptor place = Games.SECOND.findMessageTypeByName("Place");
            store.run(
                    evolved,
                    opened -> {
                        opened.saveRecord(refereed(20, "kim"));
                        return opened.saveRecord(
                                DynamicMessage.newBuilder(place)
                                        .setField(place.findFieldByName("id"), 30L)
                                        .setField(place.findFieldByName("name"), "hall")
                                        .build());
                    });
            store.run(
                    evolved,
                    opened -> {
                        opened.rebuildIndex(evolved.getIndex("by_referee")).join();
                        return true;
                    });
            Message old =
                    store.run(evolved, opened -> opened.loadRecord(Tuple.from(4L)).getRecord());
            assertThat(old.getField(old.getDescriptorForType().findFieldByName("score")))
                    .isEqualTo(4L);
            assertThat(
                            store.scan(
                                    evolved,
                                    "by_referee",
                                    IndexScanType.BY_VALUE,
                                    TupleRange.allOf(Tuple.from("kim"))))
                    .extracting(IndexEntry::getPrimaryKey)
                    .containsExactly(Tuple.from(20L));
            assertThat(store.scan(evolved, "by_referee", IndexScanType.BY_VALUE, TupleRange.ALL))
                    .hasSize(11);
        }
    }

    @Test
    void aStoreRefusesAnOlderSchema() {
        try (GameStore store = new GameStore()) {
            store.run(second(), opened -> opened.saveRecord(refereed(1, "kim")));
            assertThatThrownBy(() -> store.save(first(), new Game(2, "red", 1, 1, 1, "won")))
                    .isInstanceOf(RecordStoreStaleMetaDataVersionException.class);
        }
    }
}
