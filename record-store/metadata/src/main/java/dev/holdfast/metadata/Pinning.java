package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Named;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * T3: pins chunks that are there already. Whether the caller may know that a chunk is there is a
 * snapshot read of one reference in its own namespaces; whether it may be pinned is the Chunk row,
 * read serializably: whoever drops that row reads the references this writes, so one of the two
 * aborts.
 */
final class Pinning {
    private final RecordTransaction transaction;
    private final Set<ByteString> namespaces;
    private final ByteString target;
    private final MetadataConfig config;
    private final Map<Sha256, CompletableFuture<Boolean>> visible = new HashMap<>();

    Pinning(RecordTransaction transaction, Access.Grant grant, MetadataConfig config) {
        this.transaction = transaction;
        this.target = grant.namespace().getNs();
        this.namespaces = new HashSet<>(Set.of(target));
        this.namespaces.add(grant.identity().account().getPersonal());
        this.config = config;
    }

    /** Where a chunk is met first in a list, and the length the list gives it. */
    private record Spot(int position, int length) {}

    /**
     * Chunks a content wants, by the position at which each is met first, and the reads under way.
     */
    record Wanted(
            ByteString owner,
            Map<Sha256, Spot> positions,
            Map<Sha256, CompletableFuture<Optional<Ref>>> own) {}

    /**
     * Starts the reads for a content.
     *
     * @param mayHave whether the content may have references already
     */
    Wanted want(ByteString owner, List<ChunkRef> chunks, boolean mayHave) {
        Map<Sha256, Spot> positions = new LinkedHashMap<>();
        Map<Sha256, CompletableFuture<Optional<Ref>>> own = new HashMap<>();
        for (int i = 0; i < chunks.size(); i++) {
            Sha256 hash = chunks.get(i).hash();
            if (positions.putIfAbsent(hash, new Spot(i, chunks.get(i).length())) == null) {
                visible.computeIfAbsent(hash, this::anyReference);
                if (mayHave) {
                    own.put(
                            hash,
                            transaction.load(
                                    Ref.class, Schema.Type.REF, Bytes.of(hash), target, owner));
                }
            }
        }
        return new Wanted(owner, positions, own);
    }

    private CompletableFuture<Boolean> anyReference(Sha256 hash) {
        CompletableFuture<Boolean> any = CompletableFuture.completedFuture(false);
        for (ByteString ns : namespaces) {
            any =
                    any.thenCombine(
                            transaction
                                    .byKey(
                                            Ref.class,
                                            Schema.Type.REF,
                                            RecordTransaction.under(
                                                    Schema.Type.REF, Bytes.of(hash), ns),
                                            RecordTransaction.forwardSnapshot(1))
                                    .thenApply(refs -> !refs.isEmpty()),
                            Boolean::logicalOr);
        }
        return any;
    }

    /** Pins what can be pinned and answers, per content, the positions of what has to be sent. */
    List<List<Integer>> pin(List<Wanted> contents, List<CompletableFuture<?>> writes) {
        Map<Sha256, CompletableFuture<Optional<Chunk>>> rows = new HashMap<>();
        visible.forEach((hash, any) -> {
            if (transaction.join(any)) {
                rows.put(hash, transaction.load(Chunk.class, Schema.Type.CHUNK, Bytes.of(hash)));
            }
        });
        Set<Sha256> revived = new HashSet<>();
        List<List<Integer>> missing = new ArrayList<>();
        for (Wanted content : contents) {
            List<Integer> positions = new ArrayList<>();
            content.positions()
                    .forEach((hash, spot) -> {
                        if (has(content, hash)) {
                            return;
                        }
                        @Nullable CompletableFuture<Optional<Chunk>> row = rows.get(hash);
                        Optional<Chunk> chunk =
                                row == null ? Optional.empty() : transaction.join(row);
                        if (!pinnable(chunk, spot.length())) {
                            positions.add(spot.position());
                            return;
                        }
                        writes.add(reference(transaction, hash, target, content.owner()));
                        if (chunk.get().getState() == ChunkState.CONDEMNED && revived.add(hash)) {
                            writes.add(
                                    transaction.save(
                                            Schema.Type.CHUNK, revived(chunk.get(), config)));
                        }
                    });
            missing.add(positions);
        }
        return missing;
    }

    private static boolean pinnable(Optional<Chunk> chunk, int length) {
        return chunk.isPresent()
                && chunk.get().getState() != ChunkState.LOST
                && chunk.get().getPlainLength() == length;
    }

    private boolean has(Wanted content, Sha256 hash) {
        @Nullable CompletableFuture<Optional<Ref>> own = content.own().get(hash);
        return own != null && transaction.join(own).isPresent();
    }

    static CompletableFuture<?> reference(
            RecordTransaction transaction, Sha256 hash, ByteString ns, ByteString owner) {
        return transaction.save(
                Schema.Type.REF,
                Ref.newBuilder().setHash(Bytes.of(hash)).setNs(ns).setOwner(owner).build());
    }

    /** CONDEMNED becomes LIVE where it lies: its pack still has a row pointing into it. */
    static Chunk revived(Chunk chunk, MetadataConfig config) {
        return chunk.toBuilder()
                .setState(ChunkState.LIVE)
                .setGeneration(config.random().nextLong())
                .setSinceMillis(config.clock().millis())
                .build();
    }

    /** Rows by which T2 knows that a long list names a chunk. */
    static List<CompletableFuture<?>> name(
            RecordTransaction transaction, ByteString owner, List<ChunkRef> chunks) {
        List<CompletableFuture<?>> writes = new ArrayList<>();
        Set<Sha256> met = new HashSet<>();
        for (ChunkRef chunk : chunks) {
            if (met.add(chunk.hash())) {
                writes.add(
                        transaction.save(
                                Schema.Type.NAMED,
                                Named.newBuilder()
                                        .setOwner(owner)
                                        .setHash(Bytes.of(chunk.hash()))
                                        .setLength(chunk.length())
                                        .build()));
            }
        }
        return writes;
    }
}
