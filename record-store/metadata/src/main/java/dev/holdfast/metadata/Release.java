package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Candidate;
import dev.holdfast.metadata.schema.ChunkRecords.Content;
import dev.holdfast.metadata.schema.ChunkRecords.Named;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.model.wire.ChunkRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * T5 for one transaction: drops some references of a doomed content and, at last, the content. A
 * chunk becomes a candidate when no other reference of it is left; the look at the others is
 * serializable, so that of two contents that drop the last two at once, one runs again and makes
 * the candidate.
 */
final class Release {
    private static final int NAMES_MAX = 128;
    private static final int PARTS_MAX = 32;

    private final RecordTransaction transaction;
    private final long nowMillis;
    private final List<CompletableFuture<?>> writes = new ArrayList<>();

    Release(RecordTransaction transaction, long nowMillis) {
        this.transaction = transaction;
        this.nowMillis = nowMillis;
    }

    void step(Owner owner) {
        ByteString id = owner.getOwner();
        if (owner.hasInlineChunks()) {
            Set<ByteString> hashes = new HashSet<>();
            for (ChunkRef chunk : ChunkLists.unpack(owner.getInlineChunks())) {
                hashes.add(Bytes.of(chunk.hash()));
            }
            hashes.forEach(hash -> release(owner, hash));
            writes.add(transaction.delete(Schema.Type.OWNER, id));
        } else if (!releaseNamed(owner) && !deleteParts(id)) {
            writes.add(transaction.delete(Schema.Type.OWNER, id));
        }
        transaction.joinAll(writes);
    }

    private boolean releaseNamed(Owner owner) {
        List<Named> names =
                transaction.join(
                        transaction.byKey(
                                Named.class,
                                Schema.Type.NAMED,
                                RecordTransaction.under(Schema.Type.NAMED, owner.getOwner()),
                                RecordTransaction.forward(NAMES_MAX)));
        for (Named name : names) {
            release(owner, name.getHash());
            writes.add(transaction.delete(Schema.Type.NAMED, owner.getOwner(), name.getHash()));
        }
        return !names.isEmpty();
    }

    private boolean deleteParts(ByteString owner) {
        List<Content> parts =
                transaction.join(
                        transaction.byKey(
                                Content.class,
                                Schema.Type.CONTENT,
                                RecordTransaction.under(Schema.Type.CONTENT, owner),
                                RecordTransaction.forward(PARTS_MAX)));
        parts.forEach(part ->
                writes.add(transaction.delete(Schema.Type.CONTENT, owner, (long) part.getPart())));
        return !parts.isEmpty();
    }

    private void release(Owner owner, ByteString hash) {
        Optional<Ref> mine =
                transaction.get(Ref.class, Schema.Type.REF, hash, owner.getNs(), owner.getOwner());
        if (mine.isEmpty()) {
            return;
        }
        transaction.join(
                transaction.delete(Schema.Type.REF, hash, owner.getNs(), owner.getOwner()));
        if (RecordChunkLifecycle.unreferenced(transaction, hash)) {
            writes.add(
                    transaction.save(
                            Schema.Type.CANDIDATE,
                            Candidate.newBuilder()
                                    .setHash(hash)
                                    .setSinceMillis(nowMillis)
                                    .build()));
        }
    }
}
