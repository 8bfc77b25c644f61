package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.Candidate;
import dev.holdfast.metadata.schema.ChunkRecords.CandidateStage;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.PackCandidate;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.metadata.schema.ChunkRecords.Upload;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@link GarbageRows} in records.
 *
 * <p>Load-bearing reads, all serializable: T5 reads the Upload (a renewal must abort it) and the
 * other references of each chunk (of two contents that drop the last two references at once, one
 * must see that it is the last); T6 and T7 read all references of the chunk (none, scanned to the
 * end) and the Chunk (whoever adds a reference reads it).
 */
final class RecordGarbageRows implements GarbageRows {
    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordGarbageRows(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    static int shard(Sha256 hash) {
        return ((hash.toBytes()[0] & 0xff) * SHARDS) >> 8;
    }

    @Override
    public List<UploadId> expiredUploads(long beforeMillis, int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Upload.class,
                                        Schema.Type.UPLOAD,
                                        Schema.UPLOAD_EXPIRY,
                                        upTo(beforeMillis - 1),
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(stored -> Bytes.upload(stored.record().getUpload()))
                        .toList());
    }

    private static TupleRange upTo(long lastMillis) {
        return new TupleRange(
                null,
                Tuple.from(lastMillis),
                EndpointType.TREE_START,
                EndpointType.RANGE_INCLUSIVE);
    }

    @Override
    public boolean expireUpload(WorkLease lease, UploadId upload, long beforeMillis) {
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Upload> found =
                    transaction.get(Upload.class, Schema.Type.UPLOAD, Bytes.of(upload));
            return found.isEmpty()
                    || found.get().getExpiresAtMillis() >= beforeMillis
                    || RecordUploads.dissolve(transaction, found.get(), config.clock().millis());
        });
    }

    @Override
    public List<ContentId> doomedContents(long beforeMillis, int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Owner.class,
                                        Schema.Type.OWNER,
                                        Schema.OWNER_DOOMED,
                                        upTo(beforeMillis),
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(stored -> Bytes.content(stored.record().getOwner()))
                        .toList());
    }

    @Override
    public Released release(WorkLease lease, ContentId content) {
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            return new ReleaseStep(transaction, config).run(Bytes.of(content));
        });
    }

    @Override
    public List<GarbageCandidate> candidates(
            Stage stage,
            int shard,
            long beforeMillis,
            @Nullable GarbageCandidate after,
            int limit) {
        long number = number(stage).getNumber();
        Tuple low =
                after == null
                        ? Tuple.from(number, shard)
                        : Tuple.from(
                                number,
                                shard,
                                after.sinceMillis(),
                                Schema.Type.CANDIDATE.key(),
                                after.hash().toBytes());
        TupleRange range =
                new TupleRange(
                        low,
                        Tuple.from(number, shard, beforeMillis),
                        after == null ? EndpointType.RANGE_INCLUSIVE : EndpointType.RANGE_EXCLUSIVE,
                        EndpointType.RANGE_INCLUSIVE);
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Candidate.class,
                                        Schema.Type.CANDIDATE,
                                        Schema.CANDIDATE_DUE,
                                        range,
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(Stored::record)
                        .map(row ->
                                new GarbageCandidate(
                                        Bytes.hash(row.getHash()),
                                        row.getShard(),
                                        row.getSinceMillis(),
                                        row.getGeneration(),
                                        row.getStoredBytes()))
                        .toList());
    }

    static CandidateStage number(Stage stage) {
        return switch (stage) {
            case UNREFERENCED -> CandidateStage.UNREFERENCED;
            case IN_GRACE -> CandidateStage.IN_GRACE;
        };
    }

    /** What T6 and T7 have to know about a chunk. */
    private record Facts(
            CompletableFuture<Optional<Candidate>> candidate,
            CompletableFuture<Optional<Chunk>> chunk,
            CompletableFuture<List<Ref>> references) {
        static Facts read(RecordTransaction transaction, Sha256 hash) {
            ByteString bytes = Bytes.of(hash);
            return new Facts(
                    transaction.load(Candidate.class, Schema.Type.CANDIDATE, bytes),
                    transaction.load(Chunk.class, Schema.Type.CHUNK, bytes),
                    transaction.byKey(
                            Ref.class,
                            Schema.Type.REF,
                            RecordTransaction.under(Schema.Type.REF, bytes),
                            RecordTransaction.forward(1)));
        }
    }

    private static Map<Sha256, Facts> facts(RecordTransaction transaction, List<Sha256> hashes) {
        if (hashes.size() > BATCH_MAX) {
            throw new IllegalArgumentException("at most " + BATCH_MAX + " chunks at once");
        }
        Map<Sha256, Facts> facts = new HashMap<>();
        hashes.forEach(hash -> facts.computeIfAbsent(hash, h -> Facts.read(transaction, h)));
        return facts;
    }

    @Override
    public List<Condemnation> condemn(WorkLease lease, List<Sha256> chunks) {
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Map<Sha256, Facts> facts = facts(transaction, chunks);
            List<Condemnation> answers = new ArrayList<>();
            for (Sha256 hash : chunks) {
                answers.add(condemn(transaction, Objects.requireNonNull(facts.get(hash))));
            }
            return answers;
        });
    }

    private Condemnation condemn(RecordTransaction transaction, Facts facts) {
        Optional<Candidate> candidate = transaction.join(facts.candidate());
        Optional<Chunk> found = transaction.join(facts.chunk());
        if (candidate.isEmpty()) {
            return Condemnation.GONE;
        }
        if (!transaction.join(facts.references()).isEmpty()) {
            forget(transaction, candidate.get());
            return Condemnation.REFERENCED;
        }
        if (found.isEmpty()) {
            forget(transaction, candidate.get());
            return Condemnation.GONE;
        }
        long now = config.clock().millis();
        Chunk chunk = found.get();
        if (chunk.getState() == ChunkState.LIVE) {
            chunk =
                    chunk.toBuilder()
                            .setState(ChunkState.CONDEMNED)
                            .setGeneration(config.random().nextLong())
                            .setSinceMillis(now)
                            .build();
            transaction.join(transaction.save(Schema.Type.CHUNK, chunk));
        }
        transaction.join(
                transaction.save(
                        Schema.Type.CANDIDATE,
                        candidate.get().toBuilder()
                                .setStage(CandidateStage.IN_GRACE)
                                .setSinceMillis(now)
                                .setGeneration(chunk.getGeneration())
                                .setStoredBytes(chunk.getStoredLength())
                                .build()));
        return chunk.getState() == ChunkState.LOST ? Condemnation.LOST : Condemnation.CONDEMNED;
    }

    private static void forget(RecordTransaction transaction, Candidate candidate) {
        transaction.join(transaction.delete(Schema.Type.CANDIDATE, candidate.getHash()));
    }

    @Override
    public List<Dropping> drop(WorkLease lease, List<GarbageCandidate> chunks) {
        List<Sha256> hashes = chunks.stream().map(GarbageCandidate::hash).toList();
        // Dropped by a try of which nobody knows whether it was committed. Is the chunk gone now,
        // it was: under this lease nobody else drops it.
        Set<Sha256> tried = new HashSet<>();
        return database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Map<Sha256, Facts> facts = facts(transaction, hashes);
            List<Dropping> answers = new ArrayList<>();
            Map<ByteString, Boolean> packs = new HashMap<>();
            for (GarbageCandidate chunk : chunks) {
                Dropping answer =
                        drop(
                                transaction,
                                chunk,
                                Objects.requireNonNull(facts.get(chunk.hash())),
                                packs);
                if (answer == Dropping.DROPPED) {
                    tried.add(chunk.hash());
                } else if (answer == Dropping.GONE && tried.contains(chunk.hash())) {
                    answer = Dropping.DROPPED;
                }
                answers.add(answer);
            }
            packs.keySet().forEach(pack -> nominate(transaction, pack, config));
            return answers;
        });
    }

    private Dropping drop(
            RecordTransaction transaction,
            GarbageCandidate wanted,
            Facts facts,
            Map<ByteString, Boolean> packs) {
        Optional<Candidate> candidate = transaction.join(facts.candidate());
        Optional<Chunk> chunk = transaction.join(facts.chunk());
        if (candidate.isEmpty()) {
            return Dropping.GONE;
        }
        if (candidate.get().getStage() != CandidateStage.IN_GRACE
                || candidate.get().getGeneration() != wanted.generation()) {
            return Dropping.CHANGED;
        }
        if (!transaction.join(facts.references()).isEmpty()) {
            forget(transaction, candidate.get());
            return Dropping.REFERENCED;
        }
        if (chunk.isEmpty()) {
            forget(transaction, candidate.get());
            return Dropping.GONE;
        }
        if (chunk.get().getGeneration() != wanted.generation()
                || chunk.get().getState() == ChunkState.LIVE) {
            transaction.join(
                    transaction.save(
                            Schema.Type.CANDIDATE,
                            fresh(chunk.get().getHash(), config.clock().millis())));
            return Dropping.CHANGED;
        }
        forget(transaction, candidate.get());
        transaction.join(transaction.delete(Schema.Type.CHUNK, chunk.get().getHash()));
        packs.put(chunk.get().getPack(), true);
        return Dropping.DROPPED;
    }

    static Candidate fresh(ByteString hash, long nowMillis) {
        return Candidate.newBuilder()
                .setHash(hash)
                .setShard(shard(Bytes.hash(hash)))
                .setStage(CandidateStage.UNREFERENCED)
                .setSinceMillis(nowMillis)
                .setGeneration(0)
                .setStoredBytes(0)
                .build();
    }

    /**
     * Makes a pack a candidate. It is read serializably and written only when it is none yet: many
     * drops from one pack then do not conflict, and one that meets the candidate's removal does.
     */
    static void nominate(RecordTransaction transaction, ByteString pack, MetadataConfig config) {
        boolean known =
                transaction.get(PackCandidate.class, Schema.Type.PACK_CANDIDATE, pack).isPresent();
        if (!known) {
            transaction.join(
                    transaction.save(
                            Schema.Type.PACK_CANDIDATE,
                            PackCandidate.newBuilder()
                                    .setPack(pack)
                                    .setSinceMillis(config.clock().millis())
                                    .build()));
        }
    }
}
