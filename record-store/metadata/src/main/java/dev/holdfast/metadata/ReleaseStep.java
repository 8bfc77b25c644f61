package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Content;
import dev.holdfast.metadata.schema.ChunkRecords.Named;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.model.wire.ChunkRef;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One transaction of T5's second half. A long content is worked off by its Named rows, which go
 * together with the references, so that each step finds what is left to do.
 */
final class ReleaseStep {
    /** References dropped in one transaction; about 1 kB each. */
    private static final int REFERENCES_MAX = 200;

    /** Parts of up to 36 kB deleted in one transaction. */
    private static final int PARTS_MAX = 8;

    private final RecordTransaction transaction;
    private final MetadataConfig config;
    private final List<CompletableFuture<?>> writes = new ArrayList<>();
    private int references;
    private int candidates;

    ReleaseStep(RecordTransaction transaction, MetadataConfig config) {
        this.transaction = transaction;
        this.config = config;
    }

    GarbageRows.Released run(ByteString id) {
        Optional<Owner> found = transaction.join(Owners.load(transaction, id));
        if (found.isEmpty() || found.get().getState() != OwnerState.DOOMED) {
            return new GarbageRows.Released(0, 0, true);
        }
        Owner owner = found.get();
        boolean finished = owner.hasInlineChunks() ? releaseShort(owner) : releaseLong(owner);
        if (finished) {
            writes.add(transaction.delete(Schema.Type.OWNER, id));
        }
        transaction.joinAll(writes);
        return new GarbageRows.Released(references, candidates, finished);
    }

    private boolean releaseShort(Owner owner) {
        Set<ByteString> hashes = new LinkedHashSet<>();
        for (ChunkRef chunk : ChunkLists.unpack(owner.getInlineChunks())) {
            hashes.add(Bytes.of(chunk.hash()));
        }
        dropReferences(owner, hashes);
        return true;
    }

    private boolean releaseLong(Owner owner) {
        List<Named> names =
                transaction.join(
                        transaction.byKey(
                                Named.class,
                                Schema.Type.NAMED,
                                RecordTransaction.under(Schema.Type.NAMED, owner.getOwner()),
                                RecordTransaction.forward(REFERENCES_MAX)));
        if (!names.isEmpty()) {
            Set<ByteString> hashes = new LinkedHashSet<>();
            for (Named name : names) {
                hashes.add(name.getHash());
                writes.add(transaction.delete(Schema.Type.NAMED, name.getOwner(), name.getHash()));
            }
            dropReferences(owner, hashes);
            return false;
        }
        List<Content> parts =
                transaction.join(
                        transaction.byKey(
                                Content.class,
                                Schema.Type.CONTENT,
                                RecordTransaction.under(Schema.Type.CONTENT, owner.getOwner()),
                                RecordTransaction.forward(PARTS_MAX)));
        for (Content part : parts) {
            writes.add(transaction.delete(Schema.Type.CONTENT, owner.getOwner(), part.getPart()));
        }
        return parts.size() < PARTS_MAX;
    }

    /** A chunk's own reference, and enough of all its references to see whether it is the last. */
    private record Held(
            ByteString hash,
            CompletableFuture<Optional<Ref>> own,
            CompletableFuture<List<Ref>> any) {}

    private void dropReferences(Owner owner, Set<ByteString> hashes) {
        List<Held> held = new ArrayList<>();
        for (ByteString hash : hashes) {
            held.add(
                    new Held(
                            hash,
                            transaction.load(
                                    Ref.class,
                                    Schema.Type.REF,
                                    hash,
                                    owner.getNs(),
                                    owner.getOwner()),
                            transaction.byKey(
                                    Ref.class,
                                    Schema.Type.REF,
                                    RecordTransaction.under(Schema.Type.REF, hash),
                                    RecordTransaction.forward(2))));
        }
        for (Held chunk : held) {
            if (transaction.join(chunk.own()).isEmpty()) {
                continue;
            }
            boolean last =
                    transaction.join(chunk.any()).stream()
                            .allMatch(ref -> ref.getOwner().equals(owner.getOwner()));
            references++;
            writes.add(
                    transaction.delete(
                            Schema.Type.REF, chunk.hash(), owner.getNs(), owner.getOwner()));
            if (last) {
                candidates++;
                writes.add(
                        transaction.save(
                                Schema.Type.CANDIDATE,
                                RecordGarbageRows.fresh(chunk.hash(), config.clock().millis())));
            }
        }
    }
}
