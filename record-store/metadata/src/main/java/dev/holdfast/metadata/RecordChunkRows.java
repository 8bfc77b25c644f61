package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.metadata.schema.ChunkRecords.PackCandidate;
import dev.holdfast.metadata.schema.ChunkRecords.PackState;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** {@link ChunkRows} in records. */
final class RecordChunkRows implements ChunkRows {
    /** Records of a group in one transaction; about 2 kB each. */
    private static final int PLACE_MAX = 256;

    private static final int LOCATE_MAX = 1_000;
    private static final int OPEN_PACKS_MAX = 10_000;

    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordChunkRows(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    @Override
    public PackWriterLease beginPack() {
        PackWriterLease lease = new PackWriterLease(PackId.random(config.random()), newEpoch(0));
        return database.write(transaction -> {
            transaction.join(
                    transaction.save(
                            Schema.Type.PACK,
                            Pack.newBuilder()
                                    .setPack(Bytes.of(lease.pack()))
                                    .setState(PackState.PACK_OPEN)
                                    .setEpoch(lease.epoch())
                                    .setSinceMillis(config.clock().millis())
                                    .build()));
            return lease;
        });
    }

    /** Above the one before, and no two the same: an epoch names one writer for ever. */
    private long newEpoch(long before) {
        return before + 1 + config.random().nextInt(1 << 30);
    }

    @Override
    public List<Placement> place(PackWriterLease lease, List<PlacedChunk> records) {
        List<Placement> placements = new ArrayList<>(records.size());
        for (int from = 0; from < records.size(); from += PLACE_MAX) {
            List<PlacedChunk> group =
                    records.subList(from, Math.min(records.size(), from + PLACE_MAX));
            placements.addAll(
                    database.write(transaction ->
                            new PlaceGroup(transaction, lease, config).place(group)));
        }
        return placements;
    }

    @Override
    public void sealPack(PackWriterLease lease, long length) {
        long end =
                database.write(transaction -> {
                    Pack pack = pack(transaction, lease.pack());
                    if (pack.getEpoch() != lease.epoch()) {
                        throw new PackFencedException(lease.pack());
                    }
                    if (pack.getState() != PackState.PACK_OPEN) {
                        return length;
                    }
                    long highest = highestEnd(transaction, pack.getPack());
                    if (highest <= length) {
                        transaction.join(
                                transaction.save(
                                        Schema.Type.PACK,
                                        pack.toBuilder()
                                                .setState(PackState.SEALED)
                                                .setLength(length)
                                                .setSinceMillis(config.clock().millis())
                                                .build()));
                        // The collection looks once at every pack: records that got no row, or
                        // duplicates of stored chunks, are dead from the start.
                        transaction.join(
                                transaction.save(
                                        Schema.Type.PACK_CANDIDATE,
                                        PackCandidate.newBuilder()
                                                .setPack(pack.getPack())
                                                .setSinceMillis(config.clock().millis())
                                                .build()));
                    }
                    return highest;
                });
        if (end > length) {
            throw new IllegalArgumentException(
                    "a chunk lies up to " + end + " in the pack, beyond " + length);
        }
    }

    private static Pack pack(RecordTransaction transaction, PackId pack) {
        return transaction
                .get(Pack.class, Schema.Type.PACK, Bytes.of(pack))
                .orElseThrow(() -> new PackFencedException(pack));
    }

    /** Where the last record that has a row ends: behind its header and payload. */
    private static long highestEnd(RecordTransaction transaction, ByteString pack) {
        List<Stored<Chunk>> last =
                transaction.join(
                        transaction.byIndex(
                                Chunk.class,
                                Schema.Type.CHUNK,
                                Schema.CHUNK_PLACE,
                                RecordTransaction.allOf(pack),
                                RecordTransaction.backward(1)));
        if (last.isEmpty()) {
            return 0;
        }
        Chunk chunk = last.getFirst().record();
        return chunk.getOffset() + PackView.RECORD_OVERHEAD_BYTES + chunk.getStoredLength();
    }

    @Override
    public Map<Sha256, ChunkLocation> locate(Collection<Sha256> hashes) {
        Map<Sha256, ChunkLocation> locations = new HashMap<>();
        List<Sha256> all = List.copyOf(hashes);
        for (int from = 0; from < all.size(); from += LOCATE_MAX) {
            List<Sha256> some = all.subList(from, Math.min(all.size(), from + LOCATE_MAX));
            locations.putAll(database.read(transaction -> locate(transaction, some)));
        }
        return locations;
    }

    /** Locations of the chunks that have a readable copy, all at one version. */
    static Map<Sha256, ChunkLocation> locate(
            RecordTransaction transaction, Collection<Sha256> hashes) {
        Map<Sha256, CompletableFuture<Optional<Chunk>>> rows = new HashMap<>();
        for (Sha256 hash : hashes) {
            rows.computeIfAbsent(
                    hash,
                    h -> transaction.loadSnapshot(Chunk.class, Schema.Type.CHUNK, Bytes.of(h)));
        }
        Map<Sha256, ChunkLocation> locations = new HashMap<>();
        rows.forEach((hash, row) ->
                transaction
                        .join(row)
                        .filter(c -> c.getState() != ChunkState.LOST)
                        .ifPresent(c -> locations.put(hash, location(c))));
        return locations;
    }

    static ChunkLocation location(Chunk chunk) {
        return new ChunkLocation(
                Bytes.pack(chunk.getPack()),
                chunk.getOffset(),
                chunk.getPlainLength(),
                chunk.getStoredLength(),
                chunk.getCodec(),
                chunk.getGeneration());
    }

    @Override
    public List<OpenPack> openPacks() {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Pack.class,
                                        Schema.Type.PACK,
                                        Schema.PACK_STATE,
                                        RecordTransaction.allOf(
                                                (long) PackState.PACK_OPEN.getNumber()),
                                        RecordTransaction.forwardSnapshot(OPEN_PACKS_MAX)))
                        .stream()
                        .map(Stored::record)
                        .map(pack ->
                                new OpenPack(
                                        Bytes.pack(pack.getPack()),
                                        pack.getEpoch(),
                                        pack.getSinceMillis(),
                                        highestEnd(transaction, pack.getPack())))
                        .toList());
    }

    @Override
    public PackWriterLease raiseEpoch(PackId id) {
        return database.write(transaction -> {
            Pack pack = pack(transaction, id);
            if (pack.getState() != PackState.PACK_OPEN) {
                throw new PackFencedException(id);
            }
            PackWriterLease lease = new PackWriterLease(id, newEpoch(pack.getEpoch()));
            transaction.join(
                    transaction.save(
                            Schema.Type.PACK, pack.toBuilder().setEpoch(lease.epoch()).build()));
            return lease;
        });
    }
}
