package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Content;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkReadRequest.Address;
import dev.holdfast.model.wire.ChunkRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * From (node, content_rev, index) to where the chunk lies, for many at once: nodes, then their
 * ancestors, contents, parts of lists and rows of chunks, each round in parallel.
 */
final class ChunkAddresses {
    private final Workspace workspace;
    private final RecordTransaction transaction;
    private final Tree tree;
    private final Map<ByteString, Optional<Refusal>> faults = new HashMap<>();
    private final Map<PartKey, CompletableFuture<Optional<Content>>> parts = new HashMap<>();

    private record PartKey(ByteString owner, int part) {}

    /** A chunk that is named by a version, or why there is none. */
    private sealed interface Found {
        record Named(ChunkRef chunk) implements Found {}

        record InPart(ByteString owner, int index) implements Found {}

        record None(Refusal refusal) implements Found {}
    }

    ChunkAddresses(Workspace workspace) {
        this.workspace = workspace;
        this.transaction = workspace.transaction();
        this.tree = new Tree(workspace);
    }

    List<Answer<ChunkToRead>> resolve(List<Address> addresses) {
        Set<ByteString> nodes = new HashSet<>();
        addresses.forEach(address -> nodes.add(Bytes.of(address.node())));
        workspace.prefetchAncestors(nodes);
        for (ByteString id : nodes) {
            workspace
                    .node(id)
                    .filter(Node::hasContent)
                    .ifPresent(node -> workspace.prefetchOwnerOnly(node.getContent()));
        }
        List<Found> found = new ArrayList<>();
        for (Address address : addresses) {
            found.add(find(address));
        }
        List<Found> named = found.stream().map(this::named).toList();
        Set<Sha256> hashes = new HashSet<>();
        for (Found one : named) {
            if (one instanceof Found.Named(var chunk)) {
                hashes.add(chunk.hash());
            }
        }
        Map<Sha256, ChunkLocation> places = RecordChunkRows.locate(transaction, hashes);
        return named.stream().map(one -> answer(one, places)).toList();
    }

    private Found find(Address address) {
        Optional<Node> node = workspace.node(Bytes.of(address.node()));
        Optional<Refusal> fault =
                faults.computeIfAbsent(
                        Bytes.of(address.node()), _ -> Optional.ofNullable(tree.fault(node)));
        if (fault.isPresent()) {
            return new Found.None(fault.get());
        }
        Optional<Version> version =
                RecordNodes.version(workspace, node.orElseThrow(), address.contentRev());
        Optional<Owner> owner =
                version.filter(Version::hasContent).flatMap(v -> workspace.owner(v.getContent()));
        if (owner.isEmpty()
                || address.index() < 0
                || address.index() >= owner.get().getChunkCount()) {
            return none();
        }
        if (owner.get().hasInlineChunks()) {
            return new Found.Named(ChunkLists.get(owner.get().getInlineChunks(), address.index()));
        }
        ByteString id = owner.get().getOwner();
        parts.computeIfAbsent(
                new PartKey(id, address.index() / Limits.PART_CHUNKS_MAX),
                key ->
                        transaction.loadSnapshot(
                                Content.class, Schema.Type.CONTENT, key.owner(), key.part()));
        return new Found.InPart(id, address.index());
    }

    private static Found none() {
        return new Found.None(
                Refusal.of(
                        ProblemCode.NOT_FOUND, "there is no such version, or no such chunk in it"));
    }

    private Found named(Found found) {
        return switch (found) {
            case Found.InPart(var owner, var index) -> {
                PartKey key = new PartKey(owner, index / Limits.PART_CHUNKS_MAX);
                @Nullable CompletableFuture<Optional<Content>> part = parts.get(key);
                Optional<Content> content =
                        part == null ? Optional.empty() : transaction.join(part);
                yield content.<Found>map(c ->
                                new Found.Named(
                                        ChunkLists.get(
                                                c.getChunks(), index % Limits.PART_CHUNKS_MAX)))
                        .orElseGet(ChunkAddresses::none);
            }
            case Found.Named named -> named;
            case Found.None none -> none;
        };
    }

    private static Answer<ChunkToRead> answer(Found found, Map<Sha256, ChunkLocation> places) {
        return switch (found) {
            case Found.None(var refusal) -> Answer.refused(refusal);
            case Found.InPart _ -> throw new IllegalStateException("a part was not read");
            case Found.Named(var chunk) -> {
                @Nullable ChunkLocation place = places.get(chunk.hash());
                yield place == null
                        ? Answer.refused(
                                ProblemCode.CHUNK_LOST,
                                "no good copy of the chunk is left; it heals when any device"
                                        + " uploads it again")
                        : Answer.ok(new ChunkToRead(chunk.hash(), chunk.length(), place));
            }
        };
    }
}
