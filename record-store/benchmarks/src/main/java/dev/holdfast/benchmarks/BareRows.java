package dev.holdfast.benchmarks;

import static com.apple.foundationdb.record.metadata.Key.Expressions.concat;
import static com.apple.foundationdb.record.metadata.Key.Expressions.concatenateFields;
import static com.apple.foundationdb.record.metadata.Key.Expressions.field;
import static com.apple.foundationdb.record.metadata.Key.Expressions.recordType;

import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.expressions.GroupingKeyExpression;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The rows that placing a chunk writes, with the same indexes, saved with the Record Layer and
 * nothing else: no pack, no fence, no owner, no list to check against. Eight transactions of 64
 * chunks at once.
 */
final class BareRows {
    private static final int GROUP = 64;
    private static final int AT_ONCE = 8;

    private final FDBDatabase database;
    private final RecordMetaData rows;
    private final Descriptor chunk;
    private final Descriptor ref;
    private final Subspace place;

    BareRows(FDBDatabase database) throws DescriptorValidationException {
        this.database = database;
        FileDescriptor file =
                FileDescriptor.buildFrom(
                        FileDescriptorProto.newBuilder()
                                .setName("bare.proto")
                                .setPackage("bare")
                                .addMessageType(
                                        message(
                                                "Chunk",
                                                number(
                                                        "state",
                                                        FieldDescriptorProto.Type.TYPE_INT32),
                                                bytes("hash"),
                                                bytes("pack"),
                                                number(
                                                        "offset",
                                                        FieldDescriptorProto.Type.TYPE_INT64),
                                                number(
                                                        "plain",
                                                        FieldDescriptorProto.Type.TYPE_INT32),
                                                number(
                                                        "stored",
                                                        FieldDescriptorProto.Type.TYPE_INT32),
                                                number(
                                                        "generation",
                                                        FieldDescriptorProto.Type.TYPE_SFIXED64)))
                                .addMessageType(
                                        message("Ref", bytes("hash"), bytes("ns"), bytes("owner")))
                                .addMessageType(message("RecordTypeUnion", of("Chunk"), of("Ref")))
                                .build(),
                        new FileDescriptor[0]);
        chunk = file.findMessageTypeByName("Chunk");
        ref = file.findMessageTypeByName("Ref");
        RecordMetaDataBuilder builder = RecordMetaData.newBuilder().setRecords(file);
        builder.getRecordType("Chunk").setPrimaryKey(concat(recordType(), field("hash")));
        builder.getRecordType("Ref")
                .setPrimaryKey(concat(recordType(), field("hash"), field("ns"), field("owner")));
        builder.addIndex("Chunk", new Index("place", concatenateFields("pack", "offset")));
        builder.addIndex(
                "Chunk",
                new Index("bytes", field("stored").groupBy(field("pack")), IndexTypes.SUM));
        builder.addIndex(
                "Chunk",
                new Index("chunks", new GroupingKeyExpression(field("pack"), 0), IndexTypes.COUNT));
        builder.addIndex(
                "Ref",
                new Index("refs", new GroupingKeyExpression(field("owner"), 0), IndexTypes.COUNT));
        rows = builder.build();
        place = new Subspace(Tuple.from("bench", "bare", System.nanoTime()));
    }

    private static DescriptorProto message(String name, FieldDescriptorProto.Builder... fields) {
        DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
        for (int index = 0; index < fields.length; index++) {
            message.addField(
                    fields[index]
                            .setNumber(index + 1)
                            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL));
        }
        return message.build();
    }

    private static FieldDescriptorProto.Builder number(
            String name, FieldDescriptorProto.Type type) {
        return FieldDescriptorProto.newBuilder().setName(name).setType(type);
    }

    private static FieldDescriptorProto.Builder bytes(String name) {
        return number(name, FieldDescriptorProto.Type.TYPE_BYTES);
    }

    private static FieldDescriptorProto.Builder of(String message) {
        return number("_" + message, FieldDescriptorProto.Type.TYPE_MESSAGE)
                .setTypeName(".bare." + message);
    }

    /** Rows for so many chunks. */
    double savesPerSecond(int count) throws InterruptedException, ExecutionException {
        // The store's header is not part of it.
        save(new SplittableRandom(), 1);
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<?>> groups = new ArrayList<>();
            SplittableRandom random = new SplittableRandom();
            for (int from = 0; from < count; from += GROUP) {
                SplittableRandom own = random.split();
                int size = Math.min(GROUP, count - from);
                groups.add(threads.submit(() -> save(own, size)));
            }
            for (Future<?> group : groups) {
                group.get();
            }
        }
        return count / ((System.nanoTime() - start) / 1e9);
    }

    private void save(SplittableRandom random, int size) {
        ByteString pack = random(random, 16);
        ByteString owner = random(random, 16);
        ByteString ns = random(random, 16);
        try (FDBRecordContext context = database.openContext()) {
            FDBRecordStore store =
                    FDBRecordStore.newBuilder()
                            .setMetaDataProvider(rows)
                            .setContext(context)
                            .setSubspace(place)
                            .createOrOpen();
            List<CompletableFuture<?>> saves = new ArrayList<>();
            for (int index = 0; index < size; index++) {
                ByteString hash = random(random, 32);
                DynamicMessage.Builder row = DynamicMessage.newBuilder(chunk);
                row.setField(chunk.findFieldByName("state"), 1);
                row.setField(chunk.findFieldByName("hash"), hash);
                row.setField(chunk.findFieldByName("pack"), pack);
                row.setField(chunk.findFieldByName("offset"), index * 4_160L);
                row.setField(chunk.findFieldByName("plain"), 4_096);
                row.setField(chunk.findFieldByName("stored"), 4_096);
                row.setField(chunk.findFieldByName("generation"), random.nextLong());
                saves.add(store.saveRecordAsync(row.build()));
                DynamicMessage.Builder reference = DynamicMessage.newBuilder(ref);
                reference.setField(ref.findFieldByName("hash"), hash);
                reference.setField(ref.findFieldByName("ns"), ns);
                reference.setField(ref.findFieldByName("owner"), owner);
                saves.add(store.saveRecordAsync(reference.build()));
            }
            saves.forEach(CompletableFuture::join);
            context.commit();
        }
    }

    private static ByteString random(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }
}
