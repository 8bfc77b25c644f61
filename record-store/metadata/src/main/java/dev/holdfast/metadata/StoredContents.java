package dev.holdfast.metadata;

import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RepairRows.AffectedFile;
import dev.holdfast.metadata.RepairRows.StoredContent;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Contents and the files they belong to, as repair looks at them: from the chunks upwards. */
final class StoredContents {
    private static final int CHUNKS_AT_ONCE = 200;
    private static final int VERSIONS_MAX = 10_000;

    private final RecordDatabase database;
    private final MetadataConfig config;
    private final WorkLease lease;

    StoredContents(RecordDatabase database, MetadataConfig config, WorkLease lease) {
        this.database = database;
        this.config = config;
        this.lease = lease;
    }

    List<StoredContent> page(@Nullable ContentId after, int limit) {
        Tuple prefix = RecordTransaction.key(Schema.Type.OWNER);
        Tuple low = after == null ? prefix : prefix.add(Bytes.of(after).toByteArray());
        List<Owner> owners =
                database.read(transaction ->
                        transaction.join(
                                transaction.byKey(
                                        Owner.class,
                                        Schema.Type.OWNER,
                                        RecordTransaction.after(prefix, low, after == null),
                                        RecordTransaction.forwardSnapshot(limit))));
        List<StoredContent> contents = new ArrayList<>();
        for (Owner owner : owners) {
            contents.add(look(owner));
        }
        return contents;
    }

    private StoredContent look(Owner owner) {
        ContentId content = Bytes.content(owner.getOwner());
        if (owner.getState() != OwnerState.COMMITTED) {
            return new StoredContent(content, null, 0, List.of(), 0);
        }
        List<Sha256> missing = new ArrayList<>();
        int references = 0;
        for (int from = 0; from < owner.getChunkCount(); from += CHUNKS_AT_ONCE) {
            int first = from;
            Looked some = database.write(transaction -> look(transaction, owner, first));
            missing.addAll(some.missing());
            references += some.references();
        }
        @Nullable AffectedFile file =
                database.read(transaction -> file(transaction, owner.getOwner())).orElse(null);
        return new StoredContent(content, file, owner.getChunkCount(), missing, references);
    }

    private record Looked(List<Sha256> missing, int references) {}

    /**
     * A reference that is missing is added as T3 adds one: the owner is read serializably, and so
     * is the chunk, which comes back from its condemnation.
     */
    private Looked look(RecordTransaction transaction, Owner seen, int from) {
        RecordWorkLeases.check(transaction, lease);
        Optional<Owner> owner =
                transaction
                        .join(Owners.load(transaction, seen.getOwner()))
                        .filter(row -> row.getState() == OwnerState.COMMITTED);
        if (owner.isEmpty()) {
            return new Looked(List.of(), 0);
        }
        Map<Sha256, CompletableFuture<Optional<Chunk>>> rows = new LinkedHashMap<>();
        Map<Sha256, CompletableFuture<Optional<Ref>>> refs = new LinkedHashMap<>();
        for (ChunkRef chunk : Owners.chunks(transaction, owner.get(), from, CHUNKS_AT_ONCE)) {
            ByteString hash = Bytes.of(chunk.hash());
            rows.computeIfAbsent(
                    chunk.hash(),
                    _ -> transaction.loadSnapshot(Chunk.class, Schema.Type.CHUNK, hash));
            refs.computeIfAbsent(
                    chunk.hash(),
                    _ ->
                            transaction.loadSnapshot(
                                    Ref.class,
                                    Schema.Type.REF,
                                    hash,
                                    seen.getNs(),
                                    seen.getOwner()));
        }
        List<Sha256> missing = new ArrayList<>();
        int references = 0;
        for (Map.Entry<Sha256, CompletableFuture<Optional<Chunk>>> row : rows.entrySet()) {
            Sha256 hash = row.getKey();
            Optional<Chunk> chunk = transaction.join(row.getValue());
            if (chunk.isEmpty() || chunk.get().getState() == ChunkState.LOST) {
                missing.add(hash);
            }
            CompletableFuture<Optional<Ref>> ref = refs.get(hash);
            if (ref != null && chunk.isPresent() && transaction.join(ref).isEmpty()) {
                refer(transaction, hash, owner.get());
                references++;
            }
        }
        return new Looked(missing, references);
    }

    private void refer(RecordTransaction transaction, Sha256 hash, Owner owner) {
        Optional<Chunk> chunk = transaction.get(Chunk.class, Schema.Type.CHUNK, Bytes.of(hash));
        if (chunk.isEmpty()) {
            return;
        }
        transaction.join(Pinning.reference(transaction, hash, owner.getNs(), owner.getOwner()));
        if (chunk.get().getState() == ChunkState.CONDEMNED) {
            transaction.join(
                    transaction.save(Schema.Type.CHUNK, Pinning.revived(chunk.get(), config)));
        }
    }

    /** The file that a content belongs to; empty when there is none any more, or not yet. */
    static Optional<AffectedFile> file(RecordTransaction transaction, ByteString content) {
        Optional<Owner> owner =
                transaction
                        .join(transaction.loadSnapshot(Owner.class, Schema.Type.OWNER, content))
                        .filter(row -> row.getState() == OwnerState.COMMITTED)
                        .filter(Owner::hasNode);
        if (owner.isEmpty()) {
            return Optional.empty();
        }
        ByteString ns = owner.get().getNs();
        Optional<Node> node = node(transaction, ns, owner.get().getNode());
        if (node.isEmpty()) {
            return Optional.empty();
        }
        List<Long> versions = new ArrayList<>();
        transaction
                .join(
                        transaction.byKey(
                                Version.class,
                                Schema.Type.VERSION,
                                RecordTransaction.under(
                                        Schema.Type.VERSION, ns, owner.get().getNode()),
                                RecordTransaction.forwardSnapshot(VERSIONS_MAX)))
                .stream()
                .filter(version -> version.getContent().equals(content))
                .forEach(version -> versions.add(version.getContentRev()));
        boolean current = node.get().getContent().equals(content);
        if (current) {
            versions.add(node.get().getContentRev());
        }
        return versions.isEmpty()
                ? Optional.empty()
                : Optional.of(described(transaction, ns, node.get(), current, versions));
    }

    private static Optional<Node> node(
            RecordTransaction transaction, ByteString ns, ByteString node) {
        return transaction.join(transaction.loadSnapshot(Node.class, Schema.Type.NODE, ns, node));
    }

    private static AffectedFile described(
            RecordTransaction transaction,
            ByteString ns,
            Node node,
            boolean current,
            List<Long> versions) {
        StringBuilder path = new StringBuilder();
        boolean trashed = false;
        Optional<Node> at = Optional.of(node);
        for (int depth = 0; at.isPresent() && depth < Limits.WALK_DEPTH_MAX; depth++) {
            trashed |= at.get().getTrashedCount() > 0 || at.get().getPurging();
            if (!at.get().hasParent()) {
                break;
            }
            path.insert(0, "/" + at.get().getName());
            at = node(transaction, ns, at.get().getParent());
        }
        String namespace =
                transaction
                        .join(transaction.loadSnapshot(Namespace.class, Schema.Type.NAMESPACE, ns))
                        .map(Namespace::getName)
                        .orElse(Bytes.namespace(ns).toString());
        return new AffectedFile(
                namespace,
                Bytes.node(node.getNode()).toString(),
                at.isPresent() ? path.toString() : node.getName(),
                trashed,
                current,
                List.copyOf(versions));
    }
}
