package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Named;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.metadata.schema.ChunkRecords.PackState;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * T2 for one transaction's share of a group. Load-bearing reads, all serializable: the Pack (its
 * epoch fences the writer), the Owner (a doomed one must get no reference) and the Chunk, which its
 * insert reads (whoever drops it reads the references written here).
 */
final class PlaceGroup {
    private final RecordTransaction transaction;
    private final PackWriterLease lease;
    private final MetadataConfig config;
    private final Map<ContentId, CompletableFuture<Optional<Owner>>> owners = new HashMap<>();
    private final Map<Sha256, CompletableFuture<Optional<Chunk>>> rows = new HashMap<>();
    private final Map<Want, CompletableFuture<Optional<Named>>> named = new HashMap<>();
    private final Map<Sha256, Chunk> inserted = new HashMap<>();
    private final Map<Sha256, Chunk> written = new HashMap<>();
    private final Set<Want> referenced = new HashSet<>();
    private final List<CompletableFuture<?>> writes = new ArrayList<>();

    /** A content's wish for a chunk. */
    private record Want(ContentId content, Sha256 hash) {}

    PlaceGroup(RecordTransaction transaction, PackWriterLease lease, MetadataConfig config) {
        this.transaction = transaction;
        this.lease = lease;
        this.config = config;
    }

    List<Placement> place(List<PlacedChunk> group) {
        var pack = transaction.load(Pack.class, Schema.Type.PACK, Bytes.of(lease.pack()));
        for (PlacedChunk record : group) {
            owners.computeIfAbsent(record.content(), c -> Owners.load(transaction, Bytes.of(c)));
        }
        boolean mine =
                transaction
                        .join(pack)
                        .filter(p -> p.getState() == PackState.PACK_OPEN)
                        .filter(p -> p.getEpoch() == lease.epoch())
                        .isPresent();
        if (!mine) {
            throw new PackFencedException(lease.pack());
        }
        loadNames(group);
        List<Boolean> wanted = new ArrayList<>(group.size());
        for (PlacedChunk record : group) {
            wanted.add(wants(record));
        }
        insert(group, wanted);
        List<Placement> placements = new ArrayList<>(group.size());
        for (int index = 0; index < group.size(); index++) {
            placements.add(
                    wanted.get(index) ? place(group.get(index)) : Placement.CONTENT_NOT_OPEN);
        }
        written.values().forEach(c -> writes.add(transaction.save(Schema.Type.CHUNK, c)));
        transaction.joinAll(writes);
        return placements;
    }

    /** What T2 writes for a chunk that has no row yet, which nearly all have not. */
    private record Insert(Chunk row, CompletableFuture<Boolean> done) {}

    /**
     * Writes references, and rows for the chunks that have none. A save reads the row it would
     * replace, so that asking before whether there is one would read every row twice; only the rows
     * that turn out to be there are read again.
     */
    private void insert(List<PlacedChunk> group, List<Boolean> wanted) {
        Map<Sha256, Insert> inserts = new HashMap<>();
        for (int index = 0; index < group.size(); index++) {
            if (wanted.get(index)) {
                PlacedChunk record = group.get(index);
                reference(record);
                inserts.computeIfAbsent(
                        record.hash(),
                        hash -> {
                            Chunk row = here(record);
                            return new Insert(row, transaction.insert(Schema.Type.CHUNK, row));
                        });
            }
        }
        inserts.forEach((hash, insert) -> {
            if (transaction.join(insert.done())) {
                inserted.put(hash, insert.row());
            } else {
                rows.put(hash, transaction.load(Chunk.class, Schema.Type.CHUNK, Bytes.of(hash)));
            }
        });
    }

    private void reference(PlacedChunk record) {
        if (referenced.add(new Want(record.content(), record.hash()))) {
            Owner owner = owner(record).orElseThrow();
            writes.add(
                    Pinning.reference(transaction, record.hash(), owner.getNs(), owner.getOwner()));
        }
    }

    /** The names of a list never change while its Owner is there, which is read serializably. */
    private void loadNames(List<PlacedChunk> group) {
        for (PlacedChunk record : group) {
            Optional<Owner> owner = owner(record);
            if (owner.isPresent() && !owner.get().hasInlineChunks()) {
                named.computeIfAbsent(
                        new Want(record.content(), record.hash()),
                        want ->
                                transaction.loadSnapshot(
                                        Named.class,
                                        Schema.Type.NAMED,
                                        Bytes.of(want.content()),
                                        Bytes.of(want.hash())));
            }
        }
    }

    private Optional<Owner> owner(PlacedChunk record) {
        return transaction.join(Objects.requireNonNull(owners.get(record.content())));
    }

    /** Whether the record's content is still to get references, and its list names the chunk. */
    private boolean wants(PlacedChunk record) {
        return owner(record)
                .filter(owner -> owner.getState() == OwnerState.OPEN)
                .filter(owner -> names(owner, record))
                .isPresent();
    }

    private Placement place(PlacedChunk record) {
        Chunk row = row(record.hash());
        if (row.getState() == ChunkState.LOST) {
            written.put(record.hash(), here(record));
            return Placement.PLACED;
        }
        if (row.getState() == ChunkState.CONDEMNED) {
            written.put(record.hash(), Pinning.revived(row, config));
        }
        return isHere(row, record) ? Placement.PLACED : Placement.ALREADY_STORED;
    }

    /** The chunk's row as this transaction leaves it so far. */
    private Chunk row(Sha256 hash) {
        if (written.containsKey(hash)) {
            return Objects.requireNonNull(written.get(hash));
        }
        if (inserted.containsKey(hash)) {
            return Objects.requireNonNull(inserted.get(hash));
        }
        return transaction
                .join(Objects.requireNonNull(rows.get(hash)))
                .orElseThrow(() -> new IllegalStateException("no row of a chunk that has one"));
    }

    private boolean names(Owner owner, PlacedChunk record) {
        if (owner.hasInlineChunks()) {
            return ChunkLists.lengthOf(owner.getInlineChunks(), record.hash())
                    == record.plainLength();
        }
        CompletableFuture<Optional<Named>> name =
                named.get(new Want(record.content(), record.hash()));
        return name != null
                && transaction
                        .join(name)
                        .filter(n -> n.getLength() == record.plainLength())
                        .isPresent();
    }

    private Chunk here(PlacedChunk record) {
        return Chunk.newBuilder()
                .setHash(Bytes.of(record.hash()))
                .setState(ChunkState.LIVE)
                .setPack(packBytes())
                .setOffset(record.offset())
                .setPlainLength(record.plainLength())
                .setStoredLength(record.storedLength())
                .setCodec(record.codec())
                .setGeneration(config.random().nextLong())
                .setSinceMillis(config.clock().millis())
                .build();
    }

    /** A second run after an unknown commit finds its own row. */
    private boolean isHere(Chunk row, PlacedChunk record) {
        return row.getPack().equals(packBytes()) && row.getOffset() == record.offset();
    }

    private ByteString packBytes() {
        return Bytes.of(lease.pack());
    }
}
