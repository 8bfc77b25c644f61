package dev.holdfast.embeddedfdb.recordlayer;

import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexOptions;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.Key.Expressions;
import com.apple.foundationdb.record.metadata.expressions.DimensionsKeyExpression;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression;
import com.apple.foundationdb.record.metadata.expressions.VersionKeyExpression;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A record type made without generated code, and an index of every type on it. */
final class Games {
    static final List<String> TEAMS = List.of("blue", "green", "red");
    static final List<String> WORDS = List.of("early", "late", "lost", "won", "drawn");

    /** Bits in one entry of the bitmap index: small, so that several entries are needed. */
    static final int BITMAP_BITS = 16;

    static final FileDescriptor FIRST = file(false);
    static final FileDescriptor SECOND = file(true);

    private Games() {}

    /** A game as the tests keep it. */
    record Game(long id, String team, long score, long x, long y, String text) {
        Message message(FileDescriptor file) {
            Descriptor type = file.findMessageTypeByName("Game");
            return DynamicMessage.newBuilder(type)
                    .setField(type.findFieldByName("id"), id)
                    .setField(type.findFieldByName("team"), team)
                    .setField(type.findFieldByName("score"), score)
                    .setField(type.findFieldByName("x"), x)
                    .setField(type.findFieldByName("y"), y)
                    .setField(type.findFieldByName("text"), text)
                    .build();
        }

        static Game random(Random random, long id) {
            return new Game(
                    id,
                    TEAMS.get(random.nextInt(TEAMS.size())),
                    random.nextInt(40),
                    random.nextInt(10),
                    random.nextInt(10),
                    WORDS.get(random.nextInt(WORDS.size()))
                            + " "
                            + WORDS.get(random.nextInt(WORDS.size())));
        }
    }

    private static FieldDescriptorProto field(
            String name, int number, FieldDescriptorProto.Type type) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(Label.LABEL_OPTIONAL)
                .build();
    }

    private static FieldDescriptorProto member(String type, int number) {
        return field("_" + type, number, FieldDescriptorProto.Type.TYPE_MESSAGE).toBuilder()
                .setTypeName(type)
                .build();
    }

    private static FileDescriptor file(boolean evolved) {
        DescriptorProto.Builder game =
                DescriptorProto.newBuilder()
                        .setName("Game")
                        .addField(field("id", 1, FieldDescriptorProto.Type.TYPE_INT64))
                        .addField(field("team", 2, FieldDescriptorProto.Type.TYPE_STRING))
                        .addField(field("score", 3, FieldDescriptorProto.Type.TYPE_INT64))
                        .addField(field("x", 4, FieldDescriptorProto.Type.TYPE_INT64))
                        .addField(field("y", 5, FieldDescriptorProto.Type.TYPE_INT64))
                        .addField(field("text", 6, FieldDescriptorProto.Type.TYPE_STRING));
        DescriptorProto.Builder union =
                DescriptorProto.newBuilder().setName("RecordTypeUnion").addField(member("Game", 1));
        FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder().setName("games.proto");
        if (evolved) {
            game.addField(field("referee", 7, FieldDescriptorProto.Type.TYPE_STRING));
            union.addField(member("Place", 2));
            file.addMessageType(
                    DescriptorProto.newBuilder()
                            .setName("Place")
                            .addField(field("id", 1, FieldDescriptorProto.Type.TYPE_INT64))
                            .addField(field("name", 2, FieldDescriptorProto.Type.TYPE_STRING)));
        }
        try {
            return FileDescriptor.buildFrom(
                    file.addMessageType(game).addMessageType(union).build(), new FileDescriptor[0]);
        } catch (DescriptorValidationException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    static RecordMetaDataBuilder builder(FileDescriptor file) {
        RecordMetaDataBuilder builder = RecordMetaData.newBuilder().setRecords(file, false);
        builder.setSplitLongRecords(true);
        builder.setStoreRecordVersions(true);
        builder.getRecordType("Game").setPrimaryKey(Expressions.field("id"));
        return builder;
    }

    static Index byScore() {
        return new Index("by_score", Expressions.field("score"), IndexTypes.VALUE);
    }

    /** The record type with an index of every type. */
    static RecordMetaData withEveryIndex() {
        RecordMetaDataBuilder builder = builder(FIRST);
        KeyExpression team = Expressions.field("team");
        builder.addIndex("Game", byScore());
        builder.addIndex(
                "Game", new Index("count", Expressions.empty().groupBy(team), IndexTypes.COUNT));
        Map<String, String> aggregates =
                Map.of(
                        "sum", IndexTypes.SUM,
                        "min_long", IndexTypes.MIN_EVER_LONG,
                        "max_long", IndexTypes.MAX_EVER_LONG,
                        "min_tuple", IndexTypes.MIN_EVER_TUPLE,
                        "max_tuple", IndexTypes.MAX_EVER_TUPLE);
        aggregates.forEach((name, type) ->
                builder.addIndex(
                        "Game", new Index(name, Expressions.field("score").groupBy(team), type)));
        builder.addIndex(
                "Game", new Index("rank", Expressions.field("score").ungrouped(), IndexTypes.RANK));
        builder.addIndex(
                "Game", new Index("version", VersionKeyExpression.VERSION, IndexTypes.VERSION));
        builder.addIndex(
                "Game",
                new Index(
                        "last_version",
                        VersionKeyExpression.VERSION.groupBy(team),
                        IndexTypes.MAX_EVER_VERSION));
        builder.addIndex("Game", new Index("text", Expressions.field("text"), IndexTypes.TEXT));
        builder.addIndex(
                "Game",
                new Index(
                        "bitmap",
                        Expressions.concatenateFields("team", "id").group(1),
                        IndexTypes.BITMAP_VALUE,
                        Map.of(
                                IndexOptions.BITMAP_VALUE_ENTRY_SIZE_OPTION,
                                String.valueOf(BITMAP_BITS))));
        Map.of("least", IndexTypes.PERMUTED_MIN, "greatest", IndexTypes.PERMUTED_MAX)
                .forEach((name, type) ->
                        builder.addIndex(
                                "Game",
                                new Index(
                                        name,
                                        Expressions.concatenateFields("team", "x", "score")
                                                .group(1),
                                        type,
                                        Map.of(IndexOptions.PERMUTED_SIZE_OPTION, "1"))));
        builder.addIndex(
                "Game",
                new Index(
                        "space",
                        DimensionsKeyExpression.of(team, Expressions.concatenateFields("x", "y")),
                        IndexTypes.MULTIDIMENSIONAL));
        return builder.build();
    }
}
