package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.holdfast.metadata.schema.ChunkRecords.Candidate;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.metadata.schema.ChunkRecords.PackCandidate;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@link AuditRows} in records; every read is at snapshot, for nothing is written. */
final class RecordAuditRows implements AuditRows {
    private final RecordDatabase database;

    RecordAuditRows(RecordDatabase database) {
        this.database = database;
    }

    /**
     * One page: the rows first, then everything asked about them at once.
     *
     * @param ask begins the reads about a row and answers how to put them together
     */
    private <M extends Message, T> Page<T> page(
            Class<M> as,
            Schema.Type type,
            TupleRange range,
            int limit,
            Function<M, Tuple> key,
            BiFunction<RecordTransaction, M, Function<RecordTransaction, T>> ask) {
        if (limit < 1 || limit > PAGE_MAX) {
            throw new IllegalArgumentException("a page has 1 to " + PAGE_MAX + " rows");
        }
        return database.read(transaction -> {
            List<M> rows =
                    transaction.join(
                            transaction.byKey(
                                    as, type, range, RecordTransaction.forwardSnapshot(limit)));
            List<Function<RecordTransaction, T>> asked = new ArrayList<>();
            rows.forEach(row -> asked.add(ask.apply(transaction, row)));
            List<T> facts = new ArrayList<>();
            asked.forEach(answer -> facts.add(answer.apply(transaction)));
            return new Page<>(
                    facts,
                    rows.size() < limit
                            ? null
                            : HexFormat.of().formatHex(key.apply(rows.getLast()).pack()));
        });
    }

    private static TupleRange behind(Tuple prefix, @Nullable String from) {
        return from == null
                ? TupleRange.allOf(prefix)
                : RecordTransaction.after(
                        prefix, Tuple.fromBytes(HexFormat.of().parseHex(from)), false);
    }

    @Override
    public Page<ChunkFacts> chunks(@Nullable String from, int limit) {
        return page(
                Chunk.class,
                Schema.Type.CHUNK,
                behind(RecordTransaction.key(Schema.Type.CHUNK), from),
                limit,
                row -> RecordTransaction.key(Schema.Type.CHUNK, row.getHash()),
                RecordAuditRows::askOfChunk);
    }

    private static Function<RecordTransaction, ChunkFacts> askOfChunk(
            RecordTransaction transaction, Chunk row) {
        CompletableFuture<List<Ref>> references =
                transaction.byKey(
                        Ref.class,
                        Schema.Type.REF,
                        RecordTransaction.under(Schema.Type.REF, row.getHash()),
                        RecordTransaction.forwardSnapshot(1));
        CompletableFuture<Optional<Candidate>> candidate =
                transaction.loadSnapshot(Candidate.class, Schema.Type.CANDIDATE, row.getHash());
        Function<RecordTransaction, Optional<PackFacts>> pack =
                askOfPack(transaction, row.getPack());
        return t ->
                new ChunkFacts(
                        RecordPackRows.row(row),
                        !t.join(references).isEmpty(),
                        t.join(candidate).isPresent(),
                        pack.apply(t).orElse(null));
    }

    private static Function<RecordTransaction, Optional<PackFacts>> askOfPack(
            RecordTransaction transaction, ByteString pack) {
        CompletableFuture<Optional<Pack>> row =
                transaction.loadSnapshot(Pack.class, Schema.Type.PACK, pack);
        CompletableFuture<Optional<PackCandidate>> candidate =
                transaction.loadSnapshot(PackCandidate.class, Schema.Type.PACK_CANDIDATE, pack);
        return t -> t.join(row).map(found -> facts(found, t.join(candidate).isPresent()));
    }

    private static PackFacts facts(Pack row, boolean candidate) {
        return new PackFacts(
                Bytes.pack(row.getPack()),
                RecordPackRows.stage(row.getState()),
                row.getLength(),
                candidate);
    }

    @Override
    public Page<ReferenceFacts> references(@Nullable String from, int limit) {
        return page(
                Ref.class,
                Schema.Type.REF,
                behind(RecordTransaction.key(Schema.Type.REF), from),
                limit,
                row ->
                        RecordTransaction.key(
                                Schema.Type.REF, row.getHash(), row.getNs(), row.getOwner()),
                (transaction, row) -> {
                    CompletableFuture<Optional<Chunk>> chunk =
                            transaction.loadSnapshot(Chunk.class, Schema.Type.CHUNK, row.getHash());
                    CompletableFuture<Optional<Owner>> owner =
                            transaction.loadSnapshot(
                                    Owner.class, Schema.Type.OWNER, row.getOwner());
                    return t ->
                            new ReferenceFacts(
                                    Bytes.hash(row.getHash()),
                                    Bytes.content(row.getOwner()),
                                    t.join(owner)
                                            .map(found -> stage(found.getState()))
                                            .orElse(OwnerStage.MISSING),
                                    t.join(chunk).isPresent());
                });
    }

    private static OwnerStage stage(OwnerState state) {
        return switch (state) {
            case OPEN -> OwnerStage.OPEN;
            case COMMITTED -> OwnerStage.COMMITTED;
            case DOOMED -> OwnerStage.DOOMED;
        };
    }

    @Override
    public Page<OwnerFacts> owners(@Nullable String from, int limit) {
        return page(
                Owner.class,
                Schema.Type.OWNER,
                behind(RecordTransaction.key(Schema.Type.OWNER), from),
                limit,
                row -> RecordTransaction.key(Schema.Type.OWNER, row.getOwner()),
                (transaction, row) -> {
                    CompletableFuture<Long> references =
                            transaction.sum(
                                    Schema.Type.REF, Schema.REF_COUNT, true, row.getOwner());
                    return t ->
                            new OwnerFacts(
                                    Bytes.content(row.getOwner()),
                                    stage(row.getState()),
                                    row.getComplete(),
                                    row.getDistinctChunks(),
                                    t.join(references));
                });
    }

    @Override
    public Page<PackFacts> packs(int firstByte, @Nullable String from, int limit) {
        byte[] first = new byte[Id128.BYTES];
        first[0] = (byte) firstByte;
        Tuple prefix = RecordTransaction.key(Schema.Type.PACK);
        TupleRange range =
                new TupleRange(
                        from == null
                                ? prefix.add(first)
                                : Tuple.fromBytes(HexFormat.of().parseHex(from)),
                        firstByte == 0xff
                                ? prefix
                                : prefix.add(new byte[] {(byte) (firstByte + 1)}),
                        from == null ? EndpointType.RANGE_INCLUSIVE : EndpointType.RANGE_EXCLUSIVE,
                        firstByte == 0xff
                                ? EndpointType.RANGE_INCLUSIVE
                                : EndpointType.RANGE_EXCLUSIVE);
        return page(
                Pack.class,
                Schema.Type.PACK,
                range,
                limit,
                row -> RecordTransaction.key(Schema.Type.PACK, row.getPack()),
                (transaction, row) -> {
                    CompletableFuture<Optional<PackCandidate>> candidate =
                            transaction.loadSnapshot(
                                    PackCandidate.class, Schema.Type.PACK_CANDIDATE, row.getPack());
                    return t -> facts(row, t.join(candidate).isPresent());
                });
    }

    @Override
    public long chunksIn(PackId pack) {
        return database.read(transaction ->
                transaction.join(
                        transaction.sum(
                                Schema.Type.CHUNK, Schema.CHUNK_COUNT, true, Bytes.of(pack))));
    }
}
