package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Operations on what nodes hold: content, symlink targets, attributes, old versions. */
final class ContentOps {
    private final OpContext context;
    private final Workspace workspace;
    private final Tree tree;

    ContentOps(OpContext context) {
        this.context = context;
        this.workspace = context.workspace();
        this.tree = context.tree();
    }

    /**
     * T4, the check: why the content cannot become a node's; null when it can. A commit never names
     * hashes: that the device has the bytes was proven when they were sent or pinned, and the count
     * of references, read serializably, says that none is missing.
     */
    private @Nullable Refusal contentFault(ContentId content) {
        Optional<Owner> found = workspace.owner(Bytes.of(content));
        boolean mine =
                found.isPresent()
                        && found.get().getDevice().equals(context.device())
                        && found.get().getNs().equals(workspace.namespace());
        if (!mine) {
            return Refusal.of(
                    ProblemCode.CONTENT_INCOMPLETE, "the content was not declared by this device");
        }
        Owner owner = found.get();
        return switch (owner.getState()) {
            case COMMITTED ->
                    Refusal.of(
                            ProblemCode.ID_REUSED,
                            "the content belongs to another node already; declare it again under"
                                    + " another id");
            case DOOMED ->
                    Refusal.of(
                            ProblemCode.UPLOAD_EXPIRED,
                            "the content was given up; upload it again under another id");
            case OPEN ->
                    owner.getComplete()
                                    && workspace.references(owner.getOwner())
                                            == owner.getDistinctChunks()
                            ? null
                            : Refusal.of(
                                    ProblemCode.CONTENT_INCOMPLETE,
                                    "chunks of the content are missing; declare it again to see"
                                            + " which, and send them");
        };
    }

    OpOutcome createFile(Op.CreateFile op, TreeOps trees) {
        @Nullable Refusal fault = contentFault(op.content());
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        return trees.create(
                op.node(),
                op.parent(),
                op.name(),
                op.onConflict(),
                node -> {
                    node.setKind(Kind.FILE).setContentRev(1);
                    fill(
                            node,
                            commit(op.content(), node.getNode()),
                            op.mtimeNanos(),
                            op.executable());
                });
    }

    private Owner commit(ContentId content, ByteString node) {
        Owner owner = Owners.committed(workspace.owner(Bytes.of(content)).orElseThrow(), node);
        workspace.put(owner);
        return owner;
    }

    private void fill(Node.Builder node, Owner owner, long mtimeNanos, boolean executable) {
        node.setContent(owner.getOwner())
                .setSize(owner.getLength())
                .setChunkCount(owner.getChunkCount())
                .setContentHash(owner.getContentHash())
                .setMtimeNanos(mtimeNanos)
                .setExecutable(executable)
                .setContentAtMillis(context.nowMillis())
                .setContentBy(context.device());
    }

    /** The live node of that kind, or why there is none. */
    private @Nullable Refusal fault(Optional<Node> node, Kind kind, String what) {
        @Nullable Refusal fault = tree.fault(node);
        if (fault != null) {
            return fault;
        }
        return node.orElseThrow().getKind() == kind
                ? null
                : new Refusal(ProblemCode.INVALID, what, node.map(Images::state).orElse(null));
    }

    OpOutcome putContent(Op.PutContent op) {
        Optional<Node> found = workspace.node(Bytes.of(op.node()));
        @Nullable Refusal fault = fault(found, Kind.FILE, "only a file has content");
        if (fault == null) {
            fault = contentFault(op.content());
        }
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        Node node = found.orElseThrow();
        if (node.getContentRev() != op.baseContentRev()) {
            return op.onConflict() == OnConflict.KEEP_BOTH
                    ? conflictCopy(op, node)
                    : new OpOutcome.Rejected(stale(node));
        }
        context.supersede(node);
        Node.Builder next = context.next(node).setContentRev(node.getContentRev() + 1);
        fill(next, commit(op.content(), node.getNode()), op.mtimeNanos(), op.executable());
        return context.done(node, next.build(), ChangeType.CHANGE_UPDATED);
    }

    private static Refusal stale(Node node) {
        return new Refusal(
                ProblemCode.CONFLICT,
                "its content changed meanwhile; read the changes and decide again",
                Images.state(node));
    }

    private OpOutcome conflictCopy(Op.PutContent op, Node original) {
        if (op.conflictNode() == null) {
            return OpOutcome.rejected(
                    ProblemCode.INVALID, "keep_both needs an id for the conflict copy");
        }
        ByteString id = Bytes.of(op.conflictNode());
        @Nullable Refusal fault = new TreeOps(context).reused(id);
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        return switch (context.naming().copyOf(original, id)) {
            case Naming.Decision.Refused(var refusal) -> new OpOutcome.Rejected(refusal);
            case Naming.Decision.Later() -> new OpOutcome.Deferred();
            case Naming.Decision.Free(var name, _) ->
                    context.done(
                            null,
                            TreeOps.fresh(
                                    context,
                                    id,
                                    original.getParent(),
                                    name,
                                    original.getNode(),
                                    node -> {
                                        node.setKind(Kind.FILE).setContentRev(1);
                                        fill(
                                                node,
                                                commit(op.content(), id),
                                                op.mtimeNanos(),
                                                op.executable());
                                    }),
                            ChangeType.CHANGE_CREATED);
        };
    }

    OpOutcome putSymlink(Op.PutSymlink op) {
        Optional<Node> found = workspace.node(Bytes.of(op.node()));
        @Nullable Refusal fault = TreeOps.targetFault(op.target());
        if (fault == null) {
            fault = fault(found, Kind.SYMLINK, "only a symlink has a target");
        }
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        Node node = found.orElseThrow();
        if (node.getContentRev() != op.baseContentRev()) {
            return new OpOutcome.Rejected(stale(node));
        }
        context.supersede(node);
        Node next =
                context.next(node)
                        .setContentRev(node.getContentRev() + 1)
                        .setTarget(op.target())
                        .setContentAtMillis(context.nowMillis())
                        .setContentBy(context.device())
                        .build();
        return context.done(node, next, ChangeType.CHANGE_UPDATED);
    }

    OpOutcome setAttributes(Op.SetAttributes op) {
        Optional<Node> found = workspace.node(Bytes.of(op.node()));
        @Nullable Refusal fault = fault(found, Kind.FILE, "only a file has attributes");
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        Node node = found.orElseThrow();
        if (node.getMtimeNanos() == op.mtimeNanos() && node.getExecutable() == op.executable()) {
            return OpContext.unchanged(node);
        }
        Node next =
                context.next(node)
                        .setMtimeNanos(op.mtimeNanos())
                        .setExecutable(op.executable())
                        .build();
        return context.done(node, next, ChangeType.CHANGE_ATTRIBUTES);
    }

    OpOutcome restoreVersion(Op.RestoreVersion op) {
        Optional<Node> found = workspace.node(Bytes.of(op.node()));
        @Nullable Refusal fault = tree.fault(found);
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        Node node = found.orElseThrow();
        if (node.getContentRev() != op.baseContentRev()) {
            return new OpOutcome.Rejected(stale(node));
        }
        if (op.contentRev() == node.getContentRev() && node.getContentRev() > 0) {
            return OpContext.unchanged(node);
        }
        Optional<Version> version = workspace.version(node.getNode(), op.contentRev());
        if (version.isEmpty()) {
            return OpOutcome.rejected(
                    ProblemCode.NOT_FOUND, "there is no such version, or it is no longer kept");
        }
        return restoreVersion(node, version.get());
    }

    private OpOutcome restoreVersion(Node node, Version version) {
        Node.Builder next =
                context.next(node)
                        .setContentRev(node.getContentRev() + 1)
                        .setMtimeNanos(version.getMtimeNanos())
                        .setExecutable(version.getExecutable())
                        .setContentAtMillis(context.nowMillis())
                        .setContentBy(context.device());
        if (version.hasContent()) {
            // Serializably: retention may be releasing its last use at this moment.
            Optional<Owner> owner = workspace.owner(version.getContent());
            if (owner.isEmpty() || owner.get().getState() != OwnerState.COMMITTED) {
                return OpOutcome.rejected(
                        ProblemCode.NOT_FOUND, "the version's content is no longer kept");
            }
            workspace.put(Owners.used(owner.get()));
            next.setContent(version.getContent())
                    .setSize(version.getSize())
                    .setChunkCount(version.getChunkCount())
                    .setContentHash(version.getContentHash());
        }
        if (version.hasTarget()) {
            next.setTarget(version.getTarget());
        }
        context.supersede(node);
        return context.done(node, next.build(), ChangeType.CHANGE_UPDATED);
    }
}
