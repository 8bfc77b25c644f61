package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.metadata.schema.ChunkRecords.PackState;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@link RepairRows} in records.
 *
 * <p>Load-bearing reads, all serializable: the Chunk whose row is changed (a move, a drop, a loss
 * or an upload that heals it write it), the Pack it is to name (T9 writes it, after a serializable
 * look that nothing lies in it), and, where a row is written for the first time, its references
 * (whoever adds one reads the Chunk).
 */
final class RecordRepairRows implements RepairRows {
    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordRepairRows(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    @Override
    public List<PackId> namedPacks(@Nullable PackId after, int limit) {
        return database.read(transaction -> {
            List<PackId> packs = new ArrayList<>();
            @Nullable Tuple last = after == null ? null : Tuple.from(Bytes.of(after).toByteArray());
            while (packs.size() < limit) {
                // One entry a pack: the next look begins behind everything that lies in it.
                TupleRange behind =
                        last == null
                                ? TupleRange.ALL
                                : new TupleRange(
                                        last.add(Long.MAX_VALUE),
                                        null,
                                        EndpointType.RANGE_EXCLUSIVE,
                                        EndpointType.TREE_END);
                List<IndexEntry> next =
                        transaction.join(
                                transaction.entries(
                                        Schema.Type.CHUNK,
                                        Schema.CHUNK_PLACE,
                                        behind,
                                        RecordTransaction.forwardSnapshot(1)));
                if (next.isEmpty()) {
                    return packs;
                }
                byte[] pack = next.getFirst().getKey().getBytes(0);
                packs.add(PackId.of(pack));
                last = Tuple.from(pack);
            }
            return packs;
        });
    }

    @Override
    public long lostChunks(int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.entries(
                                        Schema.Type.CHUNK,
                                        Schema.CHUNK_LOST,
                                        TupleRange.ALL,
                                        RecordTransaction.forwardSnapshot(limit)))
                        .size());
    }

    @Override
    public void tidyWanted(int limit) {
        byte[] last = null;
        do {
            byte[] from = last;
            last =
                    database.write(transaction -> RecordWanted.tidy(transaction, from, limit))
                            .orElse(null);
        } while (last != null);
    }

    @Override
    public List<AffectedFile> affected(Sha256 chunk, int limit) {
        return database.read(transaction -> {
            List<Ref> refs =
                    transaction.join(
                            transaction.byKey(
                                    Ref.class,
                                    Schema.Type.REF,
                                    RecordTransaction.under(Schema.Type.REF, Bytes.of(chunk)),
                                    RecordTransaction.forwardSnapshot(limit)));
            Set<ByteString> owners = new LinkedHashSet<>();
            refs.forEach(ref -> owners.add(ref.getOwner()));
            List<AffectedFile> files = new ArrayList<>();
            for (ByteString owner : owners) {
                StoredContents.file(transaction, owner).ifPresent(files::add);
            }
            return files;
        });
    }

    @Override
    public boolean correct(
            WorkLease lease, Sha256 chunk, ChunkLocation from, PackId pack, PackRecord to) {
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Chunk> row =
                    transaction
                            .get(Chunk.class, Schema.Type.CHUNK, Bytes.of(chunk))
                            .filter(found -> RecordChunkRows.location(found).equals(from));
            Pack target =
                    pack(transaction, pack)
                            .filter(found -> found.getState() == PackState.SEALED)
                            .orElseThrow(() -> new PackFencedException(pack));
            checkRoom(target, to);
            if (row.isEmpty()) {
                return false;
            }
            Chunk.Builder changed = placed(row.get().toBuilder(), target.getPack(), to);
            if (row.get().getState() == ChunkState.LOST) {
                live(changed);
            }
            transaction.join(transaction.save(Schema.Type.CHUNK, changed.build()));
            if (!row.get().getPack().equals(target.getPack())) {
                RecordGarbageRows.nominate(transaction, row.get().getPack(), config);
            }
            return true;
        });
    }

    private static Optional<Pack> pack(RecordTransaction transaction, PackId pack) {
        return transaction.get(Pack.class, Schema.Type.PACK, Bytes.of(pack));
    }

    private static void checkRoom(Pack target, PackRecord record) {
        long end = end(record);
        if (record.offset() < 0 || end > target.getLength()) {
            throw new IllegalArgumentException(
                    "a record ends at " + end + ", beyond the pack's " + target.getLength());
        }
    }

    private static long end(PackRecord record) {
        return record.offset() + PackView.RECORD_OVERHEAD_BYTES + record.storedLength();
    }

    private Chunk.Builder placed(Chunk.Builder chunk, ByteString pack, PackRecord record) {
        return chunk.setPack(pack)
                .setOffset(record.offset())
                .setPlainLength(record.plainLength())
                .setStoredLength(record.storedLength())
                .setCodec(record.codec())
                .setGeneration(config.random().nextLong());
    }

    private void live(Chunk.Builder chunk) {
        chunk.setState(ChunkState.LIVE).setSinceMillis(config.clock().millis()).clearLostAtMillis();
    }

    @Override
    public List<Restored> restore(
            WorkLease lease, PackId pack, long length, List<PackRecord> records) {
        if (records.size() > RESTORE_MAX) {
            throw new IllegalArgumentException("at most " + RESTORE_MAX + " records at once");
        }
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Pack> known = pack(transaction, pack);
            if (known.isPresent() && known.get().getState() != PackState.SEALED) {
                return List.of();
            }
            List<CompletableFuture<?>> writes = new ArrayList<>();
            if (known.isEmpty() || known.get().getLength() < length) {
                writes.add(transaction.save(Schema.Type.PACK, sealed(known, pack, length)));
                RecordGarbageRows.nominate(transaction, Bytes.of(pack), config);
            }
            List<CompletableFuture<Optional<Chunk>>> rows = new ArrayList<>();
            for (PackRecord record : records) {
                rows.add(transaction.load(Chunk.class, Schema.Type.CHUNK, Bytes.of(record.hash())));
            }
            List<Restored> answers = new ArrayList<>();
            Set<Sha256> written = new LinkedHashSet<>();
            for (int i = 0; i < records.size(); i++) {
                PackRecord record = records.get(i);
                answers.add(
                        written.contains(record.hash())
                                ? Restored.ELSEWHERE
                                : restore(
                                        transaction,
                                        pack,
                                        record,
                                        transaction.join(rows.get(i)),
                                        writes));
                written.add(record.hash());
            }
            transaction.joinAll(writes);
            return answers;
        });
    }

    private Pack sealed(Optional<Pack> known, PackId pack, long length) {
        return known.map(Pack::toBuilder)
                .orElseGet(() ->
                        Pack.newBuilder()
                                .setPack(Bytes.of(pack))
                                .setEpoch(1)
                                .setState(PackState.SEALED)
                                .setSinceMillis(config.clock().millis()))
                .setLength(length)
                .build();
    }

    private Restored restore(
            RecordTransaction transaction,
            PackId pack,
            PackRecord record,
            Optional<Chunk> row,
            List<CompletableFuture<?>> writes) {
        ByteString hash = Bytes.of(record.hash());
        if (row.isEmpty()) {
            Chunk.Builder chunk = placed(Chunk.newBuilder().setHash(hash), Bytes.of(pack), record);
            live(chunk);
            writes.add(transaction.save(Schema.Type.CHUNK, chunk.build()));
            boolean referenced =
                    !transaction
                            .join(
                                    transaction.byKey(
                                            Ref.class,
                                            Schema.Type.REF,
                                            RecordTransaction.under(Schema.Type.REF, hash),
                                            RecordTransaction.forward(1)))
                            .isEmpty();
            if (!referenced) {
                writes.add(
                        transaction.save(
                                Schema.Type.CANDIDATE,
                                RecordGarbageRows.fresh(hash, config.clock().millis())));
            }
            return Restored.WRITTEN;
        }
        Chunk chunk = row.get();
        if (chunk.getState() == ChunkState.LOST) {
            Chunk.Builder healed = placed(chunk.toBuilder(), Bytes.of(pack), record);
            live(healed);
            writes.add(transaction.save(Schema.Type.CHUNK, healed.build()));
            return Restored.HEALED;
        }
        boolean here =
                chunk.getPack().equals(Bytes.of(pack))
                        && chunk.getOffset() == record.offset()
                        && chunk.getStoredLength() == record.storedLength()
                        && chunk.getPlainLength() == record.plainLength()
                        && chunk.getCodec() == record.codec();
        return here ? Restored.PRESENT : Restored.ELSEWHERE;
    }

    @Override
    public List<StoredContent> contents(WorkLease lease, @Nullable ContentId after, int limit) {
        return new StoredContents(database, config, lease).page(after, limit);
    }
}
