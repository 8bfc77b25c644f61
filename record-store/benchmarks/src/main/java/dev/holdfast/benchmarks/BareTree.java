package dev.holdfast.benchmarks;

import static com.apple.foundationdb.record.metadata.Key.Expressions.concat;
import static com.apple.foundationdb.record.metadata.Key.Expressions.field;
import static com.apple.foundationdb.record.metadata.Key.Expressions.recordType;

import com.apple.foundationdb.record.ExecuteProperties;
import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.ScanProperties;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexOptions;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.expressions.GroupingKeyExpression;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression.FanType;
import com.apple.foundationdb.record.metadata.expressions.VersionKeyExpression;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStoreBase.RecordExistenceCheck;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStoreBase.VersionstampSaveBehavior;
import com.apple.foundationdb.record.provider.foundationdb.storestate.MetaDataVersionStampStoreStateCacheFactory;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The rows a put of a new small file writes, with the same keys, indexes and sizes, saved with the
 * Record Layer and nothing else: no caller to look up, no ancestors, no name to look for, no result
 * to find. A put saves a node and takes its content's owner, which was there, over; a transaction
 * has one set of changes and one row of results.
 */
final class BareTree {
    private static final int NODE_REST = 100;
    private static final int OWNER_REST = 130;
    private static final int ENTRY_REST = 110;
    private static final int RESULT_BYTES = 28;

    private final FDBDatabase database;
    private final RecordMetaData schema;
    private final FileDescriptor file;
    private final FDBRecordStore.Builder store;
    private final ByteString ns = random(16);
    private final ByteString folder = random(16);
    private final AtomicLong names = new AtomicLong();

    BareTree(FDBDatabase database) throws DescriptorValidationException {
        this.database = database;
        file = FileDescriptor.buildFrom(proto(), new FileDescriptor[0]);
        schema = schema(file);
        store =
                FDBRecordStore.newBuilder()
                        .setMetaDataProvider(schema)
                        .setSubspace(new Subspace(Tuple.from("bench", System.nanoTime())))
                        .setStoreStateCache(
                                MetaDataVersionStampStoreStateCacheFactory.newInstance()
                                        .getCache(database))
                        .setStateCacheabilityOnOpen(
                                FDBRecordStore.StateCacheabilityOnOpen.CACHEABLE);
        try (FDBRecordContext context = database.openContext()) {
            store.copyBuilder().setContext(context).createOrOpen();
            context.commit();
        }
    }

    private static FileDescriptorProto proto() {
        return FileDescriptorProto.newBuilder()
                .setName("bare_tree.proto")
                .setPackage("bare")
                .addMessageType(
                        message(
                                "Node",
                                bytes("ns"),
                                bytes("node"),
                                bytes("parent"),
                                text("name"),
                                number("incarnation"),
                                bytes("rest")))
                .addMessageType(
                        message(
                                "Owner",
                                bytes("owner"),
                                bytes("ns"),
                                number("charged"),
                                bytes("upload").setLabel(Label.LABEL_REPEATED),
                                bytes("rest")))
                .addMessageType(message("Entry", bytes("node"), text("name"), bytes("rest")))
                .addMessageType(
                        message(
                                "ChangeSet",
                                bytes("ns"),
                                bytes("change"),
                                number("incarnation"),
                                of("Entry", "entry").setLabel(Label.LABEL_REPEATED)))
                .addMessageType(
                        message("OpResults", bytes("device"), number("first"), bytes("rest")))
                .addMessageType(
                        message(
                                "RecordTypeUnion",
                                of("Node", "_Node"),
                                of("Owner", "_Owner"),
                                of("ChangeSet", "_ChangeSet"),
                                of("OpResults", "_OpResults")))
                .build();
    }

    private static RecordMetaData schema(FileDescriptor file) {
        RecordMetaDataBuilder builder = RecordMetaData.newBuilder().setRecords(file);
        builder.setSplitLongRecords(true);
        builder.setStoreRecordVersions(true);
        key(builder, "Node", field("ns"), field("node"));
        key(builder, "Owner", field("owner"));
        key(builder, "ChangeSet", field("ns"), field("change"));
        key(builder, "OpResults", field("device"), field("first"));
        KeyExpression feed =
                concat(field("ns"), field("incarnation"), VersionKeyExpression.VERSION);
        add(
                builder,
                "Node",
                new Index(
                        "c",
                        concat(field("ns"), field("parent"), field("name")),
                        IndexTypes.VALUE,
                        IndexOptions.UNIQUE_OPTIONS));
        add(builder, "Node", new Index("v", feed, IndexTypes.VERSION));
        add(
                builder,
                "Node",
                new Index("n", new GroupingKeyExpression(field("ns"), 0), IndexTypes.COUNT));
        add(builder, "Owner", new Index("u", field("upload", FanType.FanOut), IndexTypes.VALUE));
        add(
                builder,
                "Owner",
                new Index("b", field("charged").groupBy(field("ns")), IndexTypes.SUM));
        add(builder, "ChangeSet", new Index("f", feed, IndexTypes.VERSION));
        add(
                builder,
                "ChangeSet",
                new Index("h", new GroupingKeyExpression(feed, 1), IndexTypes.MAX_EVER_VERSION));
        KeyExpression history =
                concat(
                        field("ns"),
                        field("incarnation"),
                        field("entry", FanType.FanOut).nest(field("node")),
                        VersionKeyExpression.VERSION);
        add(builder, "ChangeSet", new Index("e", history, IndexTypes.VERSION));
        return builder.build();
    }

    private static void key(RecordMetaDataBuilder builder, String type, KeyExpression... fields) {
        List<KeyExpression> parts = new ArrayList<>(List.of(recordType()));
        parts.addAll(List.of(fields));
        builder.getRecordType(type).setPrimaryKey(concat(parts));
    }

    private static void add(RecordMetaDataBuilder builder, String type, Index index) {
        builder.addIndex(type, index);
    }

    private static DescriptorProto message(String name, FieldDescriptorProto.Builder... fields) {
        DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
        for (int i = 0; i < fields.length; i++) {
            message.addField(fields[i].setNumber(i + 1));
        }
        return message.build();
    }

    private static FieldDescriptorProto.Builder column(
            String name, FieldDescriptorProto.Type type) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setType(type)
                .setLabel(Label.LABEL_OPTIONAL);
    }

    private static FieldDescriptorProto.Builder bytes(String name) {
        return column(name, FieldDescriptorProto.Type.TYPE_BYTES);
    }

    private static FieldDescriptorProto.Builder text(String name) {
        return column(name, FieldDescriptorProto.Type.TYPE_STRING);
    }

    private static FieldDescriptorProto.Builder number(String name) {
        return column(name, FieldDescriptorProto.Type.TYPE_INT64);
    }

    private static FieldDescriptorProto.Builder of(String message, String name) {
        return column(name, FieldDescriptorProto.Type.TYPE_MESSAGE).setTypeName(".bare." + message);
    }

    private static ByteString random(int length) {
        byte[] bytes = new byte[length];
        ThreadLocalRandom.current().nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    private DynamicMessage.Builder fresh(String type) {
        return DynamicMessage.newBuilder(descriptor(type));
    }

    private Descriptor descriptor(String type) {
        return file.findMessageTypeByName(type);
    }

    private static DynamicMessage.Builder set(
            DynamicMessage.Builder message, String field, Object value) {
        return message.setField(message.getDescriptorForType().findFieldByName(field), value);
    }

    /** Contents to put: what a declaration leaves behind. */
    List<ByteString> owners(int count) {
        List<ByteString> owners = new ArrayList<>();
        while (owners.size() < count) {
            try (FDBRecordContext context = database.openContext()) {
                FDBRecordStore open = store.copyBuilder().setContext(context).open();
                List<CompletableFuture<?>> saves = new ArrayList<>();
                ByteString upload = random(16);
                for (int i = 0; i < 200 && owners.size() < count; i++) {
                    ByteString owner = random(16);
                    owners.add(owner);
                    DynamicMessage.Builder row = owner(owner);
                    row.addRepeatedField(descriptor("Owner").findFieldByName("upload"), upload);
                    saves.add(save(open, row, false));
                }
                saves.forEach(CompletableFuture::join);
                context.commit();
            }
        }
        return owners;
    }

    private DynamicMessage.Builder owner(ByteString owner) {
        DynamicMessage.Builder row = fresh("Owner");
        set(row, "owner", owner);
        set(row, "ns", ns);
        set(row, "charged", 4_096L);
        return set(row, "rest", random(OWNER_REST));
    }

    private static CompletableFuture<?> save(
            FDBRecordStore open, DynamicMessage.Builder row, boolean versioned) {
        return open.saveRecordAsync(
                row.build(),
                RecordExistenceCheck.NONE,
                null,
                versioned
                        ? VersionstampSaveBehavior.WITH_VERSION
                        : VersionstampSaveBehavior.NO_VERSION);
    }

    /** One transaction with the rows of as many puts as there are owners. */
    void puts(List<ByteString> owners) {
        try (FDBRecordContext context = database.openContext()) {
            FDBRecordStore open = store.copyBuilder().setContext(context).open();
            List<CompletableFuture<?>> saves = new ArrayList<>();
            DynamicMessage.Builder set = fresh("ChangeSet");
            set(set, "ns", ns);
            set(set, "change", random(16));
            set(set, "incarnation", 1L);
            for (ByteString owner : owners) {
                ByteString id = random(16);
                String name = "put " + names.incrementAndGet() + " of a usual length";
                DynamicMessage.Builder node = fresh("Node");
                set(node, "ns", ns);
                set(node, "node", id);
                set(node, "parent", folder);
                set(node, "name", name);
                set(node, "incarnation", 1L);
                set(node, "rest", random(NODE_REST));
                saves.add(save(open, node, true));
                saves.add(save(open, owner(owner), false));
                DynamicMessage.Builder entry = fresh("Entry");
                set(entry, "node", id);
                set(entry, "name", name);
                set(entry, "rest", random(ENTRY_REST));
                set.addRepeatedField(
                        descriptor("ChangeSet").findFieldByName("entry"), entry.build());
            }
            saves.add(save(open, set, true));
            DynamicMessage.Builder results = fresh("OpResults");
            set(results, "device", random(16));
            set(results, "first", names.get());
            set(results, "rest", random(RESULT_BYTES * owners.size()));
            saves.add(save(open, results, false));
            saves.forEach(CompletableFuture::join);
            context.commit();
        }
    }

    /** Nodes by name, with their records; at least so many were put before. */
    void list(int limit) {
        try (FDBRecordContext context = database.openContext()) {
            FDBRecordStore open = store.copyBuilder().setContext(context).open();
            int found =
                    open.scanIndexRecords(
                                    "c",
                                    IndexScanType.BY_VALUE,
                                    TupleRange.allOf(
                                            Tuple.from(ns.toByteArray(), folder.toByteArray())),
                                    null,
                                    new ScanProperties(
                                            ExecuteProperties.newBuilder()
                                                    .setReturnedRowLimit(limit)
                                                    .build()))
                            .asList()
                            .join()
                            .size();
            if (found < limit) {
                throw new IllegalStateException("too few nodes were put before");
            }
        }
    }
}
