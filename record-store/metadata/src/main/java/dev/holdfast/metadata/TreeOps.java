package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Trashed;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Operations on places: create, move, trash, restore, purge. A folder of any size takes one write,
 * because what lies below it is not touched: whether a node is live follows from its ancestors.
 */
final class TreeOps {
    private final OpContext context;
    private final Workspace workspace;
    private final Tree tree;

    TreeOps(OpContext context) {
        this.context = context;
        this.workspace = context.workspace();
        this.tree = context.tree();
    }

    OpOutcome createFolder(Op.CreateFolder op) {
        return create(
                op.node(),
                op.parent(),
                op.name(),
                OnConflict.REJECT,
                node -> node.setKind(Kind.FOLDER));
    }

    OpOutcome createSymlink(Op.CreateSymlink op) {
        @Nullable Refusal fault = targetFault(op.target());
        return fault != null
                ? new OpOutcome.Rejected(fault)
                : create(
                        op.node(),
                        op.parent(),
                        op.name(),
                        op.onConflict(),
                        node ->
                                node.setKind(Kind.SYMLINK)
                                        .setTarget(op.target())
                                        .setContentRev(1)
                                        .setContentAtMillis(context.nowMillis())
                                        .setContentBy(context.device()));
    }

    static @Nullable Refusal targetFault(String target) {
        return target.isEmpty()
                        || target.indexOf('\0') >= 0
                        || Names.utf8Length(target) > Limits.SYMLINK_BYTES_MAX
                ? Refusal.of(
                        ProblemCode.INVALID,
                        "a symlink's target has 1 to " + Limits.SYMLINK_BYTES_MAX + " bytes")
                : null;
    }

    /** A new node; {@code fill} is called only when nothing stands in its way. */
    OpOutcome create(
            NodeId id,
            NodeId parent,
            String name,
            OnConflict onConflict,
            Consumer<Node.Builder> fill) {
        @Nullable Refusal fault = Naming.fault(name);
        ByteString node = Bytes.of(id);
        if (fault == null) {
            fault = reused(node);
        }
        if (fault == null) {
            fault = tree.folderFault(workspace.node(Bytes.of(parent)));
        }
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        boolean beside = onConflict == OnConflict.KEEP_BOTH;
        return switch (context.naming().decide(Bytes.of(parent), name, node, beside)) {
            case Naming.Decision.Refused(var refusal) -> new OpOutcome.Rejected(refusal);
            case Naming.Decision.Later() -> new OpOutcome.Deferred();
            case Naming.Decision.Free(var free, var taken) ->
                    context.done(
                            null,
                            fresh(node, Bytes.of(parent), free, taken, fill),
                            ChangeType.CHANGE_CREATED);
        };
    }

    /** Why a new node cannot have the id; null when it can. */
    @Nullable Refusal reused(ByteString node) {
        Optional<Node> row = workspace.row(node);
        return row.isEmpty()
                ? null
                : new Refusal(
                        ProblemCode.ID_REUSED,
                        "the node id was used already; choose another one",
                        row.get().getPurged() ? null : Images.state(row.get()));
    }

    private Node fresh(
            ByteString node,
            ByteString parent,
            String name,
            @Nullable ByteString conflictOf,
            Consumer<Node.Builder> fill) {
        return fresh(context, node, parent, name, conflictOf, fill);
    }

    static Node fresh(
            OpContext context,
            ByteString node,
            ByteString parent,
            String name,
            @Nullable ByteString conflictOf,
            Consumer<Node.Builder> fill) {
        Node.Builder fresh =
                Node.newBuilder()
                        .setNs(context.workspace().namespace())
                        .setNode(node)
                        .setParent(parent)
                        .setName(name)
                        .addLiveNameKey(Names.nameKey(name))
                        .setRev(1)
                        .setModifiedBy(context.device())
                        .setIncarnation(context.cell().getIncarnation());
        if (conflictOf != null) {
            fresh.addConflictOf(conflictOf);
        }
        fill.accept(fresh);
        return fresh.build();
    }

    OpOutcome move(Op.Move op) {
        ByteString id = Bytes.of(op.node());
        ByteString to = Bytes.of(op.parent());
        Optional<Node> found = workspace.node(id);
        @Nullable Refusal fault = Naming.fault(op.name());
        if (fault == null) {
            fault = tree.fault(found);
        }
        if (fault == null) {
            fault = moveFault(op, found.orElseThrow(), to);
        }
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        Node node = found.orElseThrow();
        boolean beside = op.onConflict() == OnConflict.KEEP_BOTH;
        return switch (context.naming().decide(to, op.name(), id, beside)) {
            case Naming.Decision.Refused(var refusal) -> new OpOutcome.Rejected(refusal);
            case Naming.Decision.Later() -> new OpOutcome.Deferred();
            case Naming.Decision.Free(var free, var taken) -> {
                if (to.equals(node.getParent()) && free.equals(node.getName())) {
                    yield OpContext.unchanged(node);
                }
                Node.Builder moved =
                        context.next(node)
                                .setParent(to)
                                .setName(free)
                                .clearLiveNameKey()
                                .addLiveNameKey(Names.nameKey(free));
                // A person who renames a conflict copy has decided about it.
                moved.clearConflictOf();
                if (taken != null) {
                    moved.addConflictOf(taken);
                }
                yield context.done(node, moved.build(), ChangeType.CHANGE_MOVED);
            }
        };
    }

    private @Nullable Refusal moveFault(Op.Move op, Node node, ByteString to) {
        if (!node.hasParent()) {
            return Refusal.of(ProblemCode.INVALID, "the root of a namespace cannot be moved");
        }
        if (!node.getParent().equals(Bytes.of(op.baseParent()))
                || !node.getName().equals(op.baseName())) {
            return new Refusal(
                    ProblemCode.CONFLICT,
                    "it was moved or renamed meanwhile; read the changes and decide again",
                    Images.state(node));
        }
        @Nullable Refusal fault = tree.folderFault(workspace.node(to));
        if (fault != null) {
            return fault;
        }
        return tree.isWithin(workspace.node(to).orElseThrow(), node.getNode())
                ? new Refusal(
                        ProblemCode.CYCLE,
                        "a folder cannot be moved below itself",
                        Images.state(node))
                : null;
    }

    OpOutcome trash(Op.Trash op) {
        Optional<Node> found = workspace.node(Bytes.of(op.node()));
        @Nullable Refusal fault = tree.fault(found);
        if (fault == null) {
            fault = trashFault(op, found.orElseThrow());
        }
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        Node node = found.orElseThrow();
        Trashed.Builder how =
                Trashed.newBuilder().setAtMillis(context.nowMillis()).setBy(context.device());
        if (Boolean.TRUE.equals(op.confirmed())) {
            how.setConfirmed(true);
        }
        Node trashed = context.next(node).clearLiveNameKey().clearTrashed().addTrashed(how).build();
        return context.done(node, trashed, ChangeType.CHANGE_TRASHED);
    }

    private @Nullable Refusal trashFault(Op.Trash op, Node node) {
        if (!node.hasParent()) {
            return Refusal.of(ProblemCode.INVALID, "the root of a namespace cannot be trashed");
        }
        if (node.getKind() == Kind.FOLDER) {
            return op.seen() == null
                    ? Refusal.of(
                            ProblemCode.INVALID,
                            "a folder is trashed with the cursor up to which it was seen")
                    : new UnseenChanges(context).below(node, op.seen());
        }
        if (op.baseContentRev() == null) {
            return Refusal.of(
                    ProblemCode.INVALID, "a file is trashed with the content_rev that was seen");
        }
        return op.baseContentRev() == node.getContentRev()
                ? null
                : new Refusal(
                        ProblemCode.CONFLICT,
                        "its content changed meanwhile; read the changes and decide again",
                        Images.state(node));
    }

    OpOutcome restore(Op.Restore op) {
        ByteString id = Bytes.of(op.node());
        Optional<Node> found = workspace.node(id);
        if (found.isEmpty() || found.get().getPurging()) {
            return new OpOutcome.Rejected(Tree.notFound());
        }
        Node node = found.get();
        if (node.getTrashedCount() == 0) {
            return new OpOutcome.Rejected(
                    new Refusal(
                            ProblemCode.CONFLICT,
                            "it is not in the trash itself; a folder above it may be",
                            Images.state(node)));
        }
        ByteString to = op.parent() == null ? node.getParent() : Bytes.of(op.parent());
        String name = op.name() == null ? node.getName() : op.name();
        @Nullable Refusal fault = Naming.fault(name);
        if (fault == null) {
            fault = restoreFault(node, to);
        }
        if (fault != null) {
            return new OpOutcome.Rejected(fault);
        }
        return switch (context.naming().decide(to, name, id, true)) {
            case Naming.Decision.Refused(var refusal) -> new OpOutcome.Rejected(refusal);
            case Naming.Decision.Later() -> new OpOutcome.Deferred();
            case Naming.Decision.Free(var free, _) ->
                    context.done(
                            node,
                            context.next(node)
                                    .setParent(to)
                                    .setName(free)
                                    .clearTrashed()
                                    .clearLiveNameKey()
                                    .addLiveNameKey(Names.nameKey(free))
                                    .build(),
                            ChangeType.CHANGE_RESTORED);
        };
    }

    private @Nullable Refusal restoreFault(Node node, ByteString to) {
        Optional<Node> folder = workspace.node(to);
        if (folder.isPresent() && tree.isWithin(folder.get(), node.getNode())) {
            return new Refusal(
                    ProblemCode.CYCLE,
                    "a folder cannot be restored below itself",
                    Images.state(node));
        }
        @Nullable Refusal fault = tree.folderFault(folder);
        if (fault == null) {
            return null;
        }
        boolean away = fault.code() == ProblemCode.NOT_FOUND || fault.code() == ProblemCode.GONE;
        return away
                ? new Refusal(
                        fault.code(),
                        "the folder it was in is gone; restore it to another one, for instance"
                                + " the root",
                        Images.state(node))
                : fault;
    }

    OpOutcome purge(Op.Purge op) {
        Optional<Node> found = workspace.node(Bytes.of(op.node()));
        if (found.isEmpty() || found.get().getPurging()) {
            return new OpOutcome.Rejected(Tree.notFound());
        }
        Node node = found.get();
        if (node.getTrashedCount() == 0) {
            return new OpOutcome.Rejected(
                    new Refusal(
                            ProblemCode.CONFLICT,
                            "only what is in the trash itself can be purged; trash it first",
                            Images.state(node)));
        }
        // A purge looks at rows: what this transaction has not written yet it would not find.
        if (workspace.stagesVersionOf(node.getNode()) || workspace.stagesChildOf(node.getNode())) {
            return new OpOutcome.Deferred();
        }
        Purging purging = new Purging(workspace, context.cell(), context.nowMillis());
        if (purging.isSmall(node)) {
            Node tombstone = purging.tombstone(node, context.device());
            return context.done(node, tombstone, ChangeType.CHANGE_PURGED);
        }
        workspace.put(Jobs.purge(node, context.nowMillis()));
        Node marked = context.next(node).clearTrashed().setPurging(true).build();
        return context.done(node, marked, ChangeType.CHANGE_PURGED);
    }
}
