package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Content;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.model.Limits;
import dev.holdfast.model.wire.ChunkRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The life of a content: OPEN, COMMITTED, DOOMED, gone. */
final class Owners {
    private Owners() {}

    static CompletableFuture<Optional<Owner>> load(
            RecordTransaction transaction, ByteString owner) {
        return transaction.load(Owner.class, Schema.Type.OWNER, owner);
    }

    /** References an owner holds; read serializably, it is what T4 rests on. */
    static CompletableFuture<Long> references(RecordTransaction transaction, ByteString owner) {
        return transaction.sum(Schema.Type.REF, Schema.REF_COUNT, false, owner);
    }

    /** T4, the owner's half: becomes the content of a node. The caller checked that it may. */
    static Owner committed(Owner owner, ByteString node) {
        return owner.toBuilder()
                .setState(OwnerState.COMMITTED)
                .clearOpenUpload()
                .setNode(node)
                .setUses(1)
                .build();
    }

    /** One more version of its node names it. */
    static Owner used(Owner owner) {
        return owner.toBuilder().setUses(owner.getUses() + 1).build();
    }

    /** T5, the decision: nothing uses it; its references are dropped by and by. */
    static Owner doomed(Owner owner, long nowMillis) {
        return owner.toBuilder()
                .setState(OwnerState.DOOMED)
                .clearOpenUpload()
                .setUses(0)
                .setChargedBytes(0)
                .addDoomedAtMillis(nowMillis)
                .build();
    }

    /** One version less names it; the last one dooms it. */
    static Owner released(Owner owner, long nowMillis) {
        return owner.getUses() > 1
                ? owner.toBuilder().setUses(owner.getUses() - 1).build()
                : doomed(owner, nowMillis);
    }

    /** Chunks {@code from} to {@code from + limit - 1} of a complete content, fewer at its end. */
    static List<ChunkRef> chunks(RecordTransaction transaction, Owner owner, int from, int limit) {
        int end = Math.min(owner.getChunkCount(), from + limit);
        List<ChunkRef> chunks = new ArrayList<>();
        if (owner.hasInlineChunks()) {
            for (int i = from; i < end; i++) {
                chunks.add(ChunkLists.get(owner.getInlineChunks(), i));
            }
            return chunks;
        }
        for (int i = from; i < end; ) {
            ByteString packed = part(transaction, owner.getOwner(), i / Limits.PART_CHUNKS_MAX);
            for (int k = i % Limits.PART_CHUNKS_MAX; k < ChunkLists.size(packed) && i < end; k++) {
                chunks.add(ChunkLists.get(packed, k));
                i++;
            }
        }
        return chunks;
    }

    private static ByteString part(RecordTransaction transaction, ByteString owner, int part) {
        return transaction
                .get(Content.class, Schema.Type.CONTENT, owner, part)
                .orElseThrow(() -> new IllegalStateException("a part of a content is missing"))
                .getChunks();
    }
}
