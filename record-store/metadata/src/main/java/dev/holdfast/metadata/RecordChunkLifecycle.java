package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.Candidate;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.metadata.schema.ChunkRecords.PackCandidate;
import dev.holdfast.metadata.schema.ChunkRecords.PackState;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.metadata.schema.ChunkRecords.Upload;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@link ChunkLifecycle} in records. */
final class RecordChunkLifecycle implements ChunkLifecycle {
    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordChunkLifecycle(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    private int steps(int stepsMax, Function<RecordTransaction, Boolean> step) {
        int steps = 0;
        while (steps < stepsMax && database.write(step)) {
            steps++;
        }
        return steps;
    }

    @Override
    public int expireUploads(int stepsMax) {
        return steps(
                stepsMax,
                transaction -> {
                    long now = config.clock().millis();
                    List<Stored<Upload>> due =
                            transaction.join(
                                    transaction.byIndex(
                                            Upload.class,
                                            Schema.Type.UPLOAD,
                                            Schema.UPLOAD_EXPIRY,
                                            TupleRange.ALL,
                                            RecordTransaction.forward(1)));
                    if (due.isEmpty() || due.getFirst().record().getExpiresAtMillis() > now) {
                        return false;
                    }
                    RecordUploads.dissolve(transaction, due.getFirst().record(), now);
                    return true;
                });
    }

    @Override
    public int releaseDoomed(int stepsMax) {
        return steps(
                stepsMax,
                transaction -> {
                    List<Stored<Owner>> doomed =
                            transaction.join(
                                    transaction.byIndex(
                                            Owner.class,
                                            Schema.Type.OWNER,
                                            Schema.OWNER_DOOMED,
                                            TupleRange.ALL,
                                            RecordTransaction.forward(1)));
                    if (doomed.isEmpty()) {
                        return false;
                    }
                    new Release(transaction, config.clock().millis())
                            .step(doomed.getFirst().record());
                    return true;
                });
    }

    @Override
    public List<Sha256> candidates(@Nullable Sha256 after, long untilMillis, int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byKey(
                                        Candidate.class,
                                        Schema.Type.CANDIDATE,
                                        after(Schema.Type.CANDIDATE, hash(after)),
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .filter(c -> c.getSinceMillis() <= untilMillis)
                        .map(c -> Bytes.hash(c.getHash()))
                        .toList());
    }

    private static @Nullable ByteString hash(@Nullable Sha256 hash) {
        return hash == null ? null : Bytes.of(hash);
    }

    private static TupleRange after(Schema.Type type, @Nullable ByteString last) {
        var prefix = RecordTransaction.key(type);
        return last == null
                ? TupleRange.allOf(prefix)
                : RecordTransaction.after(prefix, prefix.add(last.toByteArray()), false);
    }

    private static Optional<Chunk> chunk(RecordTransaction transaction, Sha256 hash) {
        return transaction.get(Chunk.class, Schema.Type.CHUNK, Bytes.of(hash));
    }

    /** Serializably: who adds a reference reads the Chunk row that the caller is going to write. */
    static boolean unreferenced(RecordTransaction transaction, ByteString hash) {
        return transaction.isEmpty(
                transaction.cursorByKey(
                        Ref.class,
                        Schema.Type.REF,
                        RecordTransaction.under(Schema.Type.REF, hash),
                        RecordTransaction.forward(1)));
    }

    @Override
    public Condemned condemn(Sha256 hash) {
        ByteString id = Bytes.of(hash);
        return database.write(transaction -> {
            Optional<Chunk> row = chunk(transaction, hash);
            if (row.isEmpty()) {
                transaction.join(transaction.delete(Schema.Type.CANDIDATE, id));
                return Condemned.ABSENT;
            }
            if (!unreferenced(transaction, id)) {
                transaction.join(transaction.delete(Schema.Type.CANDIDATE, id));
                return Condemned.REFERENCED;
            }
            if (row.get().getState() != ChunkState.CONDEMNED) {
                save(transaction, turned(row.get(), ChunkState.CONDEMNED));
            }
            return Condemned.CONDEMNED;
        });
    }

    private Chunk turned(Chunk row, ChunkState state) {
        return row.toBuilder()
                .setState(state)
                .setGeneration(config.random().nextLong())
                .setSinceMillis(config.clock().millis())
                .build();
    }

    private static void save(RecordTransaction transaction, Chunk row) {
        transaction.join(transaction.save(Schema.Type.CHUNK, row));
    }

    @Override
    public boolean drop(Sha256 hash, long condemnedUntilMillis) {
        ByteString id = Bytes.of(hash);
        return database.write(transaction -> {
            Optional<Chunk> row = chunk(transaction, hash);
            boolean due =
                    row.isPresent()
                            && row.get().getState() == ChunkState.CONDEMNED
                            && row.get().getSinceMillis() <= condemnedUntilMillis
                            && unreferenced(transaction, id);
            if (!due) {
                return false;
            }
            transaction.joinAll(
                    List.of(
                            transaction.delete(Schema.Type.CHUNK, id),
                            transaction.delete(Schema.Type.CANDIDATE, id),
                            candidate(transaction, row.get().getPack())));
            return true;
        });
    }

    private CompletableFuture<?> candidate(RecordTransaction transaction, ByteString pack) {
        return transaction.save(
                Schema.Type.PACK_CANDIDATE,
                PackCandidate.newBuilder()
                        .setPack(pack)
                        .setSinceMillis(config.clock().millis())
                        .build());
    }

    private static boolean isAt(Chunk row, ChunkLocation at) {
        return row.getPack().equals(Bytes.of(at.pack()))
                && row.getOffset() == at.offset()
                && row.getGeneration() == at.generation();
    }

    @Override
    public boolean move(Sha256 hash, ChunkLocation from, ChunkLocation to) {
        return database.write(transaction -> {
            Optional<Chunk> row = chunk(transaction, hash);
            Optional<Pack> target = pack(transaction, to.pack());
            boolean movable =
                    row.isPresent()
                            && row.get().getState() != ChunkState.LOST
                            && isAt(row.get(), from)
                            && row.get().getPlainLength() == to.plainLength()
                            && target.isPresent()
                            && target.get().getState() == PackState.SEALED;
            if (!movable) {
                return false;
            }
            Chunk moved =
                    row.get().toBuilder()
                            .setPack(Bytes.of(to.pack()))
                            .setOffset(to.offset())
                            .setStoredLength(to.storedLength())
                            .setCodec(to.codec())
                            .setGeneration(config.random().nextLong())
                            .build();
            transaction.joinAll(
                    List.of(
                            transaction.save(Schema.Type.CHUNK, moved),
                            candidate(transaction, row.get().getPack())));
            return true;
        });
    }

    private static Optional<Pack> pack(RecordTransaction transaction, PackId pack) {
        return transaction.get(Pack.class, Schema.Type.PACK, Bytes.of(pack));
    }

    /** Serializably: who points a chunk into a pack reads the pack's row. */
    private static boolean pointedInto(RecordTransaction transaction, PackId pack) {
        return !transaction.isEmpty(
                transaction.cursorByIndex(
                        Chunk.class,
                        Schema.Type.CHUNK,
                        Schema.CHUNK_PLACE,
                        RecordTransaction.allOf(Bytes.of(pack)),
                        RecordTransaction.forward(1)));
    }

    private boolean turn(
            RecordTransaction transaction, PackId id, PackState from, PackState to, long until) {
        Optional<Pack> row = pack(transaction, id);
        boolean due =
                row.isPresent()
                        && row.get().getState() == from
                        && row.get().getSinceMillis() <= until
                        && !pointedInto(transaction, id);
        if (due) {
            transaction.joinAll(
                    List.of(
                            transaction.save(
                                    Schema.Type.PACK,
                                    row.get().toBuilder()
                                            .setState(to)
                                            .setSinceMillis(config.clock().millis())
                                            .build()),
                            transaction.delete(Schema.Type.PACK_CANDIDATE, Bytes.of(id))));
        }
        return due;
    }

    @Override
    public boolean trashPack(PackId pack) {
        return database.write(transaction ->
                turn(transaction, pack, PackState.SEALED, PackState.TRASHED, Long.MAX_VALUE));
    }

    @Override
    public boolean beginDelete(PackId pack, long trashedUntilMillis) {
        return database.write(transaction ->
                pack(transaction, pack).filter(p -> p.getState() == PackState.DELETING).isPresent()
                        || turn(
                                transaction,
                                pack,
                                PackState.TRASHED,
                                PackState.DELETING,
                                trashedUntilMillis));
    }

    @Override
    public boolean forgetPack(PackId pack) {
        return database.write(transaction -> {
            boolean deleting =
                    pack(transaction, pack)
                            .filter(p -> p.getState() == PackState.DELETING)
                            .isPresent();
            return deleting
                    && transaction.join(transaction.delete(Schema.Type.PACK, Bytes.of(pack)));
        });
    }

    @Override
    public boolean lose(Sha256 hash, ChunkLocation at) {
        return turn(hash, at, ChunkState.LIVE, ChunkState.LOST);
    }

    @Override
    public boolean found(Sha256 hash, ChunkLocation at) {
        return turn(hash, at, ChunkState.LOST, ChunkState.LIVE);
    }

    private boolean turn(Sha256 hash, ChunkLocation at, ChunkState from, ChunkState to) {
        return database.write(transaction -> {
            Optional<Chunk> row = chunk(transaction, hash);
            boolean same = row.isPresent() && row.get().getState() == from && isAt(row.get(), at);
            if (same) {
                save(transaction, turned(row.get(), to));
            }
            return same;
        });
    }

    @Override
    public List<PackView> packs(@Nullable PackId after, int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byKey(
                                        Pack.class,
                                        Schema.Type.PACK,
                                        after(
                                                Schema.Type.PACK,
                                                after == null ? null : Bytes.of(after)),
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(pack -> view(transaction, pack))
                        .toList());
    }

    private static PackView view(RecordTransaction transaction, Pack pack) {
        return new PackView(
                Bytes.pack(pack.getPack()),
                switch (pack.getState()) {
                    case PACK_OPEN -> "open";
                    case SEALED -> "sealed";
                    case TRASHED -> "trashed";
                    case DELETING -> "deleting";
                },
                pack.getLength(),
                transaction.join(
                        transaction.sum(
                                Schema.Type.CHUNK, Schema.CHUNK_BYTES, true, pack.getPack())),
                pack.getSinceMillis());
    }

    @Override
    public List<PackId> compactionCandidates(@Nullable PackId after, int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byKey(
                                        PackCandidate.class,
                                        Schema.Type.PACK_CANDIDATE,
                                        after(
                                                Schema.Type.PACK_CANDIDATE,
                                                after == null ? null : Bytes.of(after)),
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(c -> Bytes.pack(c.getPack()))
                        .toList());
    }

    @Override
    public List<ChunkView> chunksOf(PackId pack, long fromOffset, int limit) {
        var prefix = RecordTransaction.parts(Bytes.of(pack));
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Chunk.class,
                                        Schema.Type.CHUNK,
                                        Schema.CHUNK_PLACE,
                                        RecordTransaction.after(
                                                prefix, prefix.add(fromOffset), true),
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(Stored::record)
                        .map(row ->
                                new ChunkView(
                                        Bytes.hash(row.getHash()),
                                        row.getState().name().toLowerCase(Locale.ROOT),
                                        RecordChunkRows.location(row)))
                        .toList());
    }
}
