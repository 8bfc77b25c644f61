package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.CandidateStage;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.metadata.schema.ChunkRecords.PackCandidate;
import dev.holdfast.metadata.schema.ChunkRecords.PackState;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@link PackRows} in records.
 *
 * <p>Load-bearing reads, all serializable: T8 reads the Chunk (a second move, a drop and a loss
 * write it) and the target Pack (T9 writes it); T9 and T10 read the first place in the pack (none:
 * T2 and T8 write one) and the leases; striking a pack off reads its sums (T7 and T8 change them).
 */
final class RecordPackRows implements PackRows {
    private static final int ROWS_MAX = 1_000;

    /** Open packs of which the census adds up what they hold; there are a few per process. */
    private static final int OPEN_MAX = 1_000;

    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordPackRows(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    @Override
    public Census census() {
        return database.read(transaction -> {
            Map<PackStage, Long> packs = new EnumMap<>(PackStage.class);
            Map<PackStage, Long> bytes = new EnumMap<>(PackStage.class);
            for (PackStage stage : PackStage.values()) {
                long state = state(stage).getNumber();
                packs.put(stage, sum(transaction, Schema.Type.PACK, Schema.PACK_COUNT, state));
                bytes.put(stage, sum(transaction, Schema.Type.PACK, Schema.PACK_BYTES, state));
            }
            bytes.put(PackStage.OPEN, openBytes(transaction));
            Map<GarbageRows.Stage, Long> candidates = new EnumMap<>(GarbageRows.Stage.class);
            long graceBytes = 0;
            for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
                for (GarbageRows.Stage stage : GarbageRows.Stage.values()) {
                    long number = RecordGarbageRows.number(stage).getNumber();
                    candidates.merge(
                            stage,
                            sum(
                                    transaction,
                                    Schema.Type.CANDIDATE,
                                    Schema.CANDIDATE_COUNT,
                                    number,
                                    shard),
                            Long::sum);
                }
                graceBytes +=
                        sum(
                                transaction,
                                Schema.Type.CANDIDATE,
                                Schema.CANDIDATE_BYTES,
                                (long) CandidateStage.IN_GRACE.getNumber(),
                                shard);
            }
            return new Census(packs, bytes, candidates, graceBytes);
        });
    }

    /** An open pack's row does not know its length yet: what its chunks need. */
    private static long openBytes(RecordTransaction transaction) {
        Tuple open = Tuple.from((long) PackState.PACK_OPEN.getNumber());
        return atState(transaction, TupleRange.allOf(open), OPEN_MAX).stream()
                .mapToLong(PackView::neededBytes)
                .sum();
    }

    private static long sum(
            RecordTransaction transaction, Schema.Type type, String index, Object... group) {
        return transaction.join(transaction.sum(type, index, true, group));
    }

    private static PackState state(PackStage stage) {
        return switch (stage) {
            case OPEN -> PackState.PACK_OPEN;
            case SEALED -> PackState.SEALED;
            case TRASHED -> PackState.TRASHED;
            case DELETING -> PackState.DELETING;
        };
    }

    static PackStage stage(PackState state) {
        return switch (state) {
            case PACK_OPEN -> PackStage.OPEN;
            case SEALED -> PackStage.SEALED;
            case TRASHED -> PackStage.TRASHED;
            case DELETING -> PackStage.DELETING;
        };
    }

    @Override
    public Optional<PackView> pack(PackId pack) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.loadSnapshot(
                                        Pack.class, Schema.Type.PACK, Bytes.of(pack)))
                        .map(row -> view(transaction, row, true)));
    }

    private static PackView view(RecordTransaction transaction, Pack row, boolean snapshot) {
        ByteString pack = row.getPack();
        var chunks = transaction.sum(Schema.Type.CHUNK, Schema.CHUNK_COUNT, snapshot, pack);
        var bytes = transaction.sum(Schema.Type.CHUNK, Schema.CHUNK_BYTES, snapshot, pack);
        return new PackView(
                Bytes.pack(pack),
                stage(row.getState()),
                row.getLength(),
                row.getSinceMillis(),
                transaction.join(chunks),
                transaction.join(bytes));
    }

    @Override
    public List<PackView> candidates(@Nullable PackId after, int limit) {
        return database.read(transaction -> {
            List<PackCandidate> found =
                    transaction.join(
                            transaction.byKey(
                                    PackCandidate.class,
                                    Schema.Type.PACK_CANDIDATE,
                                    behind(
                                            RecordTransaction.key(Schema.Type.PACK_CANDIDATE),
                                            after),
                                    RecordTransaction.forwardSnapshot(limit)));
            List<CompletableFuture<Optional<Pack>>> rows = new ArrayList<>();
            for (PackCandidate candidate : found) {
                rows.add(
                        transaction.loadSnapshot(
                                Pack.class, Schema.Type.PACK, candidate.getPack()));
            }
            List<PackView> views = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
                PackId id = Bytes.pack(found.get(i).getPack());
                views.add(
                        transaction
                                .join(rows.get(i))
                                .map(row -> view(transaction, row, true))
                                .orElse(new PackView(id, PackStage.DELETING, 0, 0, 0, 0)));
            }
            return views;
        });
    }

    private static TupleRange behind(Tuple prefix, @Nullable PackId after) {
        return after == null
                ? TupleRange.allOf(prefix)
                : RecordTransaction.after(prefix, prefix.add(Bytes.of(after).toByteArray()), false);
    }

    @Override
    public List<PackView> atStage(PackStage stage, @Nullable PackId after, int limit) {
        Tuple prefix = Tuple.from((long) state(stage).getNumber());
        TupleRange range =
                behind(after == null ? prefix : prefix.add(Schema.Type.PACK.key()), after);
        return database.read(transaction -> atState(transaction, range, limit));
    }

    private static List<PackView> atState(
            RecordTransaction transaction, TupleRange range, int limit) {
        return transaction
                .join(
                        transaction.byIndex(
                                Pack.class,
                                Schema.Type.PACK,
                                Schema.PACK_STATE,
                                range,
                                RecordTransaction.forwardSnapshot(limit)))
                .stream()
                .map(stored -> view(transaction, stored.record(), true))
                .toList();
    }

    @Override
    public List<ChunkRow> chunks(PackId pack, long fromOffset, int limit) {
        ByteString id = Bytes.of(pack);
        TupleRange range =
                new TupleRange(
                        RecordTransaction.parts(id, fromOffset),
                        RecordTransaction.parts(id),
                        EndpointType.RANGE_INCLUSIVE,
                        EndpointType.RANGE_INCLUSIVE);
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Chunk.class,
                                        Schema.Type.CHUNK,
                                        Schema.CHUNK_PLACE,
                                        range,
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(Stored::record)
                        .map(RecordPackRows::row)
                        .toList());
    }

    static ChunkRow row(Chunk chunk) {
        ChunkRow.Condition condition =
                switch (chunk.getState()) {
                    case LIVE -> ChunkRow.Condition.LIVE;
                    case CONDEMNED -> ChunkRow.Condition.CONDEMNED;
                    case LOST -> ChunkRow.Condition.LOST;
                };
        return new ChunkRow(
                Bytes.hash(chunk.getHash()), condition, RecordChunkRows.location(chunk));
    }

    @Override
    public List<ChunkRow> rows(List<Sha256> hashes) {
        if (hashes.size() > ROWS_MAX) {
            throw new IllegalArgumentException("at most " + ROWS_MAX + " chunks at once");
        }
        return database.read(transaction -> {
            List<CompletableFuture<Optional<Chunk>>> loads = new ArrayList<>();
            for (Sha256 hash : hashes) {
                loads.add(transaction.loadSnapshot(Chunk.class, Schema.Type.CHUNK, Bytes.of(hash)));
            }
            List<ChunkRow> rows = new ArrayList<>();
            loads.forEach(load -> transaction.join(load).ifPresent(c -> rows.add(row(c))));
            return rows;
        });
    }

    @Override
    public boolean settle(WorkLease lease, PackId pack, long deadBytesMax) {
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Pack> row = load(transaction, pack);
            boolean dense =
                    row.isPresent()
                            && row.get().getState() == PackState.SEALED
                            && row.get().getLength() > 0
                            && view(transaction, row.get(), false).deadBytes() <= deadBytesMax;
            boolean done =
                    row.isEmpty()
                            || row.get().getState() == PackState.TRASHED
                            || row.get().getState() == PackState.DELETING
                            || dense;
            if (done) {
                transaction.join(transaction.delete(Schema.Type.PACK_CANDIDATE, Bytes.of(pack)));
            }
            return done;
        });
    }

    private static Optional<Pack> load(RecordTransaction transaction, PackId pack) {
        return transaction.get(Pack.class, Schema.Type.PACK, Bytes.of(pack));
    }

    @Override
    public void nominate(WorkLease lease, PackId pack) {
        database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            RecordGarbageRows.nominate(transaction, Bytes.of(pack), config);
            return true;
        });
    }

    @Override
    public List<Boolean> move(WorkLease lease, PackId target, List<Move> moves) {
        if (moves.size() > MOVE_MAX) {
            throw new IllegalArgumentException("at most " + MOVE_MAX + " chunks at once");
        }
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            List<CompletableFuture<Optional<Chunk>>> loads = new ArrayList<>();
            for (Move move : moves) {
                loads.add(transaction.load(Chunk.class, Schema.Type.CHUNK, Bytes.of(move.hash())));
            }
            Pack pack =
                    load(transaction, target)
                            .filter(row -> row.getState() == PackState.SEALED)
                            .orElseThrow(() -> new PackFencedException(target));
            List<Boolean> answers = new ArrayList<>();
            List<CompletableFuture<?>> writes = new ArrayList<>();
            Set<ByteString> sources = new LinkedHashSet<>();
            for (int i = 0; i < moves.size(); i++) {
                Optional<Chunk> chunk = transaction.join(loads.get(i));
                Move move = moves.get(i);
                boolean there = chunk.isPresent() && isAt(chunk.get(), target, move.offset());
                boolean goes = !there && chunk.isPresent() && mayMove(chunk.get(), move);
                if (goes) {
                    checkRoom(pack, move);
                    sources.add(chunk.get().getPack());
                    writes.add(transaction.save(Schema.Type.CHUNK, moved(chunk.get(), pack, move)));
                }
                answers.add(there || goes);
            }
            transaction.joinAll(writes);
            sources.forEach(source -> RecordGarbageRows.nominate(transaction, source, config));
            return answers;
        });
    }

    /** A second run after an unknown commit finds its own work. */
    private static boolean isAt(Chunk chunk, PackId target, long offset) {
        return chunk.getPack().equals(Bytes.of(target)) && chunk.getOffset() == offset;
    }

    private static boolean mayMove(Chunk chunk, Move move) {
        return chunk.getState() == ChunkState.LIVE
                && chunk.getGeneration() == move.from().generation()
                && isAt(chunk, move.from().pack(), move.from().offset());
    }

    private static void checkRoom(Pack target, Move move) {
        long end = move.offset() + PackView.RECORD_OVERHEAD_BYTES + move.storedLength();
        if (move.offset() < 0 || end > target.getLength()) {
            throw new IllegalArgumentException(
                    "a record ends at " + end + ", beyond the pack's " + target.getLength());
        }
    }

    private Chunk moved(Chunk chunk, Pack target, Move move) {
        return chunk.toBuilder()
                .setPack(target.getPack())
                .setOffset(move.offset())
                .setStoredLength(move.storedLength())
                .setCodec(move.codec())
                .setGeneration(config.random().nextLong())
                .build();
    }

    @Override
    public Trashing trash(WorkLease lease, PackId pack) {
        // When tries trashed it of which nobody knows whether they were committed.
        Set<Long> tried = new HashSet<>();
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Pack> row = load(transaction, pack);
            if (row.isEmpty() || row.get().getState() != PackState.SEALED) {
                boolean mine =
                        row.filter(r -> r.getState() == PackState.TRASHED)
                                .filter(r -> tried.contains(r.getSinceMillis()))
                                .isPresent();
                return mine ? Trashing.TRASHED : Trashing.NOT_SEALED;
            }
            if (!isEmpty(transaction, pack)) {
                return Trashing.NOT_EMPTY;
            }
            long now = config.clock().millis();
            if (RecordWorkLeases.heldByAnother(transaction, WorkLeases.ofPack(pack), lease, now)) {
                return Trashing.LEASED;
            }
            tried.add(now);
            save(transaction, row.get().toBuilder().setState(PackState.TRASHED), now);
            transaction.join(transaction.delete(Schema.Type.PACK_CANDIDATE, Bytes.of(pack)));
            return Trashing.TRASHED;
        });
    }

    private static void save(RecordTransaction transaction, Pack.Builder pack, long nowMillis) {
        transaction.join(
                transaction.save(Schema.Type.PACK, pack.setSinceMillis(nowMillis).build()));
    }

    /** No chunk's row names the pack: the scan has no limit to meet before it finds one. */
    private static boolean isEmpty(RecordTransaction transaction, PackId pack) {
        return transaction
                .join(
                        transaction.entries(
                                Schema.Type.CHUNK,
                                Schema.CHUNK_PLACE,
                                RecordTransaction.allOf(Bytes.of(pack)),
                                RecordTransaction.forward(1)))
                .isEmpty();
    }

    @Override
    public Deleting beginDelete(WorkLease lease, PackId pack, long trashedAtMillis) {
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Pack> row = load(transaction, pack);
            if (row.isEmpty()) {
                return Deleting.NOT_TRASHED;
            }
            boolean begun = row.get().getState() == PackState.DELETING;
            if (!begun
                    && (row.get().getState() != PackState.TRASHED
                            || row.get().getSinceMillis() != trashedAtMillis)) {
                return Deleting.NOT_TRASHED;
            }
            if (!isEmpty(transaction, pack)) {
                return Deleting.NOT_EMPTY;
            }
            long now = config.clock().millis();
            if (RecordWorkLeases.heldByAnother(transaction, WorkLeases.BACKUP, lease, now)
                    || RecordWorkLeases.heldByAnother(
                            transaction, WorkLeases.ofPack(pack), lease, now)) {
                return Deleting.LEASED;
            }
            if (!begun) {
                save(transaction, row.get().toBuilder().setState(PackState.DELETING), now);
            }
            return Deleting.READY;
        });
    }

    @Override
    public void finishDelete(WorkLease lease, PackId pack, Id128 job, String reason) {
        database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Pack> row = load(transaction, pack);
            if (row.isEmpty()) {
                return false;
            }
            if (row.get().getState() != PackState.DELETING) {
                throw new IllegalStateException("the deletion of a pack was not begun: " + pack);
            }
            RecordDeletions.write(
                    transaction, row.get(), config.clock().millis(), Bytes.of(job), reason);
            transaction.join(transaction.delete(Schema.Type.PACK_CANDIDATE, Bytes.of(pack)));
            return transaction.join(transaction.delete(Schema.Type.PACK, Bytes.of(pack)));
        });
    }

    @Override
    public Optional<Deleted> deletion(PackId pack) {
        return database.read(transaction -> RecordDeletions.of(transaction, pack));
    }

    @Override
    public List<Deleted> deletions(@Nullable PackId after, int limit) {
        TupleRange range = behind(RecordTransaction.key(Schema.Type.DELETION), after);
        return database.read(transaction -> RecordDeletions.list(transaction, range, limit));
    }

    @Override
    public int forgetDeletions(WorkLease lease, long untilMillis) {
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            return RecordDeletions.forget(transaction, untilMillis);
        });
    }
}
