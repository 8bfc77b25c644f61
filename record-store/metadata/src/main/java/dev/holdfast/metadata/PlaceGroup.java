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
 * epoch fences the writer), the Owner (a doomed one must get no reference) and the Chunk (whoever
 * drops it reads the references written here).
 */
final class PlaceGroup {
    private final RecordTransaction transaction;
    private final PackWriterLease lease;
    private final MetadataConfig config;
    private final Map<ContentId, CompletableFuture<Optional<Owner>>> owners = new HashMap<>();
    private final Map<Sha256, CompletableFuture<Optional<Chunk>>> rows = new HashMap<>();
    private final Map<Want, CompletableFuture<Optional<Named>>> named = new HashMap<>();
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
            rows.computeIfAbsent(
                    record.hash(),
                    h -> transaction.load(Chunk.class, Schema.Type.CHUNK, Bytes.of(h)));
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
        List<Placement> placements = new ArrayList<>(group.size());
        for (PlacedChunk record : group) {
            placements.add(place(record));
        }
        written.values().forEach(c -> writes.add(transaction.save(Schema.Type.CHUNK, c)));
        transaction.joinAll(writes);
        return placements;
    }

    private void loadNames(List<PlacedChunk> group) {
        for (PlacedChunk record : group) {
            Optional<Owner> owner = owner(record);
            if (owner.isPresent() && !owner.get().hasInlineChunks()) {
                named.computeIfAbsent(
                        new Want(record.content(), record.hash()),
                        want ->
                                transaction.load(
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

    private Placement place(PlacedChunk record) {
        Optional<Owner> owner = owner(record);
        if (owner.isEmpty()
                || owner.get().getState() != OwnerState.OPEN
                || !names(owner.get(), record)) {
            return Placement.CONTENT_NOT_OPEN;
        }
        if (referenced.add(new Want(record.content(), record.hash()))) {
            writes.add(
                    Pinning.reference(
                            transaction,
                            record.hash(),
                            owner.get().getNs(),
                            owner.get().getOwner()));
        }
        Optional<Chunk> row =
                written.containsKey(record.hash())
                        ? Optional.of(written.get(record.hash()))
                        : transaction.join(Objects.requireNonNull(rows.get(record.hash())));
        if (row.isEmpty() || row.get().getState() == ChunkState.LOST) {
            written.put(record.hash(), here(record));
            return Placement.PLACED;
        }
        if (row.get().getState() == ChunkState.CONDEMNED) {
            written.put(record.hash(), Pinning.revived(row.get(), config));
        }
        return isHere(row.get(), record) ? Placement.PLACED : Placement.ALREADY_STORED;
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
