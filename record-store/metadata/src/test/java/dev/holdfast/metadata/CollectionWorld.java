package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordStoreKeyspace;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.metadata.schema.ChunkRecords.Candidate;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.metadata.schema.ChunkRecords.Upload;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.UploadStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cell, with everything the collection's tests do to it. The plain stores are for preparing and
 * checking, the acting ones for what takes turns.
 */
final class CollectionWorld implements AutoCloseable {
    static final long FAR = Long.MAX_VALUE / 2;

    final TestCell cell = new TestCell(7);
    final TestDevice device;
    final TestDevice stranger;
    final CollectionStore plain;
    final Interleaving interleaving;
    final MetadataStore acting;
    final CollectionStore collector;
    private final FDBDatabase actingDatabase;
    private int chunks;

    CollectionWorld() {
        device = cell.account("ada");
        stranger = cell.account("bob");
        plain = cell.collection();
        interleaving = new Interleaving(cell.engine);
        actingDatabase = new EmbeddedFdbDatabaseFactory(interleaving.database()).getDatabase();
        RecordDatabase actingRecords = new RecordDatabase(actingDatabase, null, cell.place.root());
        acting = MetadataStore.open(actingRecords, cell.config);
        collector = new CollectionStore(actingRecords, cell.config);
    }

    @Override
    public void close() {
        acting.close();
        cell.close();
    }

    /** The reads below a record type's keys. */
    byte[] records(Schema.Type type) {
        return new Subspace(cell.place.root().add(type.inChunks() ? 2 : 1))
                .subspace(Tuple.from(FDBRecordStoreKeyspace.RECORD.key(), type.key()))
                .pack();
    }

    /** The reads below an index's keys. */
    byte[] index(Schema.Type type, String index) {
        return cell.records.read(transaction -> transaction.indexKey(type, index));
    }

    ChunkRef newChunk() {
        return TestCell.chunk("chunk " + chunks++);
    }

    WorkLease lease(String work) {
        return plain.leases().acquire(work, "tester", Duration.ofDays(1)).orElseThrow();
    }

    /** A fresh upload of the device. */
    UploadId upload(TestDevice of) {
        UploadId upload = UploadId.random(cell.random);
        ok(cell.store.uploads().begin(of.caller, new UploadStart(upload, of.ns, 0)));
        return upload;
    }

    List<Integer> declare(
            MetadataStore store,
            TestDevice of,
            UploadId upload,
            ContentId content,
            List<ChunkRef> list) {
        return ok(store.uploads()
                        .declare(
                                of.caller,
                                upload,
                                declaration(content, list.toArray(ChunkRef[]::new))))
                .contents()
                .getFirst()
                .missing();
    }

    static Declaration declaration(ContentId content, ChunkRef... chunks) {
        return new Declaration(List.of(new ContentPart(content, 0, true, List.of(chunks))));
    }

    boolean exists(UploadId upload) {
        return cell.records
                .read(transaction ->
                        transaction.get(Upload.class, Schema.Type.UPLOAD, Bytes.of(upload)))
                .isPresent();
    }

    /** Collects everything but lets the chunk wait in its grace. */
    void quiesceTo(ChunkRef chunk) {
        WorkLease lease = lease("quiesce");
        plain.garbage().doomedContents(FAR, 1_000).forEach(c -> releaseAll(plain, lease, c));
        plain.garbage().condemn(lease, List.of(chunk.hash()));
    }

    ContentId newContent() {
        return ContentId.random(cell.random);
    }

    /** A sealed pack with these chunks, each for the content. */
    PackId store(ContentId content, ChunkRef... wanted) {
        PackWriterLease pack = cell.store.chunks().beginPack();
        place(cell.store, pack, content, wanted);
        long length = 64;
        for (ChunkRef chunk : wanted) {
            length += 64 + chunk.length();
        }
        cell.store.chunks().sealPack(pack, length);
        return pack.pack();
    }

    static List<Placement> place(
            MetadataStore store, PackWriterLease pack, ContentId content, ChunkRef... wanted) {
        List<PlacedChunk> records = new ArrayList<>();
        long offset = 64;
        for (ChunkRef chunk : wanted) {
            records.add(
                    new PlacedChunk(
                            content, chunk.hash(), offset, chunk.length(), chunk.length(), 0));
            offset += 64 + chunk.length();
        }
        return store.chunks().place(pack, records);
    }

    /** An empty sealed pack with room for a few chunks. */
    PackId emptyPack() {
        PackWriterLease pack = cell.store.chunks().beginPack();
        cell.store.chunks().sealPack(pack, 10_000);
        return pack.pack();
    }

    /** A committed file. */
    record Stored(NodeState node, ContentId content, PackId pack) {}

    Stored file(ChunkRef... wanted) {
        ContentId content = newContent();
        UploadId upload = upload(device);
        declare(cell.store, device, upload, content, List.of(wanted));
        PackId pack = store(content, wanted);
        return new Stored(device.done(create(content)), content, pack);
    }

    Op create(ContentId content) {
        return device.createFile(
                device.newNode(), device.root, "file " + content, content, OnConflict.REJECT);
    }

    /** Purges a file, which dooms its content. */
    void purge(Stored file) {
        device.done(device.trashFile(file.node()));
        device.apply(new Op.Purge(device.next(), file.node().node()));
    }

    /** What a collection does to the chunk of a doomed content, whole. */
    void collect(CollectionStore store, WorkLease lease, ContentId content, ChunkRef chunk) {
        GarbageRows rows = store.garbage();
        releaseAll(store, lease, content);
        rows.condemn(lease, List.of(chunk.hash()));
        rows.drop(lease, graces(chunk));
    }

    static void releaseAll(CollectionStore store, WorkLease lease, ContentId content) {
        boolean finished = false;
        for (int i = 0; i < 100 && !finished; i++) {
            finished = store.garbage().release(lease, content).finished();
        }
    }

    /** The chunk as a candidate in its grace, if it is one; read outside the turns. */
    List<GarbageCandidate> graces(ChunkRef chunk) {
        return plain
                .garbage()
                .candidates(
                        GarbageRows.Stage.IN_GRACE,
                        RecordGarbageRows.shard(chunk.hash()),
                        FAR,
                        null,
                        10_000)
                .stream()
                .filter(c -> c.hash().equals(chunk.hash()))
                .toList();
    }

    /** Whether the collection knows of the chunk. */
    boolean isCandidate(ChunkRef chunk) {
        return cell.records
                .read(transaction ->
                        transaction.get(
                                Candidate.class, Schema.Type.CANDIDATE, Bytes.of(chunk.hash())))
                .isPresent();
    }

    Optional<ChunkRow> row(ChunkRef chunk) {
        return plain.packs().rows(List.of(chunk.hash())).stream().findFirst();
    }

    List<Ref> references(ChunkRef chunk) {
        return cell.records.read(transaction ->
                transaction.join(
                        transaction.byKey(
                                Ref.class,
                                Schema.Type.REF,
                                RecordTransaction.under(Schema.Type.REF, Bytes.of(chunk.hash())),
                                RecordTransaction.forward(100))));
    }

    @Nullable OwnerState owner(ContentId content) {
        return cell.records
                .read(transaction ->
                        transaction.get(Owner.class, Schema.Type.OWNER, Bytes.of(content)))
                .map(Owner::getState)
                .orElse(null);
    }

    /** What is wrong with the rows of a chunk; null when all invariants hold. */
    @Nullable String broken(ChunkRef chunk) {
        Optional<ChunkRow> row = row(chunk);
        List<Ref> references = references(chunk);
        if (row.isEmpty()) {
            return references.isEmpty() ? null : "a reference without a chunk";
        }
        if (!references.isEmpty() && row.get().condition() == ChunkRow.Condition.CONDEMNED) {
            return "a condemned chunk with a reference";
        }
        PackStage stage =
                plain.packs()
                        .pack(row.get().location().pack())
                        .map(PackView::stage)
                        .orElse(PackStage.DELETING);
        return stage == PackStage.OPEN || stage == PackStage.SEALED
                ? null
                : "a chunk in a pack that is " + stage;
    }

    /** Lets the collection run until it finds nothing more; no grace. */
    void quiesce() {
        WorkLease lease = lease("quiesce");
        GarbageRows rows = plain.garbage();
        for (UploadId upload : rows.expiredUploads(cell.nowMillis.get(), 1_000)) {
            boolean done = false;
            for (int i = 0; i < 100 && !done; i++) {
                done = rows.expireUpload(lease, upload, cell.nowMillis.get());
            }
        }
        rows.doomedContents(FAR, 1_000).forEach(c -> releaseAll(plain, lease, c));
        for (int round = 0; round < 3; round++) {
            for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
                List<GarbageCandidate> fresh =
                        rows.candidates(
                                GarbageRows.Stage.UNREFERENCED,
                                shard,
                                FAR,
                                null,
                                GarbageRows.BATCH_MAX);
                rows.condemn(lease, fresh.stream().map(GarbageCandidate::hash).toList());
                rows.drop(
                        lease,
                        rows.candidates(
                                GarbageRows.Stage.IN_GRACE,
                                shard,
                                FAR,
                                null,
                                GarbageRows.BATCH_MAX));
            }
        }
    }

    /** Whether every counter of the candidates is at nothing. */
    Map<GarbageRows.Stage, Long> candidates() {
        return plain.packs().census().candidates();
    }
}
