package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.IndexState;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataOptionsProto;
import com.apple.foundationdb.record.RecordMetaDataProto;
import com.apple.foundationdb.record.provider.common.MessageBuilderRecordSerializer;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStore;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.subspace.Subspace;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.Message;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.metadata.schema.ChunkRecords;
import dev.holdfast.metadata.schema.ChunkRecords.ChunksUnion;
import dev.holdfast.metadata.schema.ChunkRecords.Deletion;
import dev.holdfast.metadata.schema.MetadataRecords;
import dev.holdfast.metadata.schema.MetadataRecords.MetadataUnion;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.RewindRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Data of an older schema is opened, and gets the indexes that are new, before it is served. */
class SchemaUpgradeTest {
    private static final int NAMESPACES = 700;

    /** A store of the first schema with so many records that no open builds an index by the way. */
    @Test
    void indexesThatCameLaterAreBuiltOverTheRecordsThatAreThere() throws IOException {
        RecordMetaData first = kept("metadata-1", MetadataRecords.getDescriptor());
        try (TestDatabase place = TestDatabase.open()) {
            var database = new EmbeddedFdbDatabaseFactory(place.database()).getDatabase();
            var owner = Bytes.of(NamespaceId.random(new Random(1)));
            Random random = new Random(2);
            fill(
                    database,
                    new Subspace(place.root().add(1)),
                    first,
                    new MessageBuilderRecordSerializer(MetadataUnion::newBuilder),
                    NAMESPACES,
                    _ ->
                            Namespace.newBuilder()
                                    .setNs(Bytes.of(NamespaceId.random(random)))
                                    .setOwner(owner)
                                    .build());
            RecordDatabase records =
                    new RecordDatabase(database, new FDBStoreTimer(), place.root());
            records.create();
            int found =
                    records.read(t ->
                            t.join(
                                            t.entries(
                                                    Schema.Type.NAMESPACE,
                                                    Schema.NAMESPACE_OWNER,
                                                    RecordTransaction.allOf(owner),
                                                    RecordTransaction.forward(10_000)))
                                    .size());
            assertThat(found).isEqualTo(NAMESPACES);
        }
    }

    /** Traces of deletions that were kept for ever until then are forgotten like later ones. */
    @Test
    void tracesOfDeletionsFromBeforeTheirIndexAreForgotten() throws IOException {
        RecordMetaData second = kept("chunks-2", ChunkRecords.getDescriptor());
        try (TestDatabase place = TestDatabase.open()) {
            var database = new EmbeddedFdbDatabaseFactory(place.database()).getDatabase();
            Random random = new Random(3);
            fill(
                    database,
                    new Subspace(place.root().add(2)),
                    second,
                    new MessageBuilderRecordSerializer(ChunksUnion::newBuilder),
                    NAMESPACES,
                    at ->
                            Deletion.newBuilder()
                                    .setPack(Bytes.of(PackId.random(random)))
                                    .setAtMillis(at)
                                    .build());
            RecordDatabase records =
                    new RecordDatabase(database, new FDBStoreTimer(), place.root());
            records.create();
            int some = records.write(t -> RecordDeletions.forget(t, NAMESPACES));
            assertThat(some).isEqualTo(PackRows.FORGET_MAX);
            int rest = records.write(t -> RecordDeletions.forget(t, NAMESPACES));
            assertThat(rest).isEqualTo(NAMESPACES - PackRows.FORGET_MAX);
        }
    }

    /** A store as an older version left it, with so many records. */
    private static void fill(
            FDBDatabase database,
            Subspace subspace,
            RecordMetaData schema,
            MessageBuilderRecordSerializer serializer,
            int count,
            IntFunction<Message> row) {
        try (FDBRecordContext context = database.openContext()) {
            FDBRecordStore store =
                    FDBRecordStore.newBuilder()
                            .setMetaDataProvider(schema)
                            .setSerializer(serializer)
                            .setSubspace(subspace)
                            .setFormatVersion(RecordDatabase.FORMAT_VERSION)
                            .setContext(context)
                            .create();
            for (int i = 0; i < count; i++) {
                store.saveRecord(row.apply(i));
            }
            context.commit();
        }
    }

    private static RecordMetaData kept(String name, FileDescriptor records) throws IOException {
        ExtensionRegistry options = ExtensionRegistry.newInstance();
        RecordMetaDataOptionsProto.registerAllExtensions(options);
        byte[] bytes = Files.readAllBytes(Path.of("src/test/resources/schema/" + name + ".binpb"));
        return RecordMetaData.newBuilder()
                .setLocalFileDescriptor(records)
                .setRecords(RecordMetaDataProto.MetaData.parseFrom(bytes, options))
                .getRecordMetaData();
    }

    /** A build that another process did not finish is finished by the next that opens the cell. */
    @Test
    void anIndexThatIsNotBuiltIsBuiltBeforeAnythingIsServed() {
        try (TestCell cell = new TestCell(76)) {
            TestDevice ada = cell.account("ada");
            NodeState folder = ada.folder(ada.root, "f");
            long then = cell.records.lastCommitted();
            try (FDBRecordContext context = cell.database.openContext()) {
                open(cell, context).markIndexDisabled(Schema.CHANGE_NODE).join();
                context.commit();
            }
            ada.done(ada.move(folder, ada.root, "moved"));
            for (int i = 0; i < 300; i++) {
                ada.folder(ada.root, "n" + i);
            }
            try (MetadataStore again = cell.reopen()) {
                RewindRequest request = new RewindRequest(ada.root, then, null);
                assertThat(ok(again.rewinds().plan(ada.caller, ada.ns, request, null, 200)).steps())
                        .filteredOn(step -> step.path().equals("/f"))
                        .hasSize(1);
            }
            try (FDBRecordContext context = cell.database.openContext()) {
                assertThat(open(cell, context).getIndexState(Schema.CHANGE_NODE))
                        .isEqualTo(IndexState.READABLE);
            }
        }
    }

    private static FDBRecordStore open(TestCell cell, FDBRecordContext context) {
        return FDBRecordStore.newBuilder()
                .setMetaDataProvider(Schema.metadata())
                .setSubspace(new Subspace(cell.place.root().add(1)))
                .setFormatVersion(RecordDatabase.FORMAT_VERSION)
                .setContext(context)
                .open();
    }
}
