package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.Op;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Executes operations inside one transaction. An operation decides everything before it takes over
 * anything: a rejected one leaves no trace.
 */
final class OpExecutor {
    private final TreeOps tree;
    private final ContentOps content;
    private final Set<NodeId> failed;

    /**
     * An executor for one transaction.
     *
     * @param failed nodes that rejected operations of the batch would have made; grows
     */
    OpExecutor(OpContext context, Set<NodeId> failed) {
        this.tree = new TreeOps(context);
        this.content = new ContentOps(context);
        this.failed = failed;
    }

    OpOutcome execute(Op op) {
        if (named(op).stream().anyMatch(failed::contains)) {
            fail(op);
            return OpOutcome.rejected(
                    ProblemCode.DEPENDENCY_FAILED,
                    "an operation before it, which would have made the node, was rejected");
        }
        OpOutcome outcome = dispatch(op);
        if (outcome instanceof OpOutcome.Rejected) {
            fail(op);
        }
        return outcome;
    }

    private OpOutcome dispatch(Op op) {
        return switch (op) {
            case Op.CreateFolder create -> tree.createFolder(create);
            case Op.CreateFile create -> content.createFile(create, tree);
            case Op.CreateSymlink create -> tree.createSymlink(create);
            case Op.PutContent put -> content.putContent(put);
            case Op.PutSymlink put -> content.putSymlink(put);
            case Op.Move move -> tree.move(move);
            case Op.SetAttributes set -> content.setAttributes(set);
            case Op.Trash trash -> tree.trash(trash);
            case Op.Restore restore -> tree.restore(restore);
            case Op.RestoreVersion restore -> content.restoreVersion(restore);
            case Op.Purge purge -> tree.purge(purge);
        };
    }

    private void fail(Op op) {
        @Nullable NodeId made = made(op);
        if (made != null) {
            failed.add(made);
        }
    }

    /** The node an operation would make. */
    private static @Nullable NodeId made(Op op) {
        return switch (op) {
            case Op.CreateFolder create -> create.node();
            case Op.CreateFile create -> create.node();
            case Op.CreateSymlink create -> create.node();
            case Op.PutContent put -> put.conflictNode();
            case Op.PutSymlink _,
                    Op.Move _,
                    Op.SetAttributes _,
                    Op.Trash _,
                    Op.Restore _,
                    Op.RestoreVersion _,
                    Op.Purge _ ->
                    null;
        };
    }

    /** The nodes an operation needs to be there. */
    static List<NodeId> named(Op op) {
        return switch (op) {
            case Op.CreateFolder create -> List.of(create.parent());
            case Op.CreateFile create -> List.of(create.parent());
            case Op.CreateSymlink create -> List.of(create.parent());
            case Op.PutContent put -> List.of(put.node());
            case Op.PutSymlink put -> List.of(put.node());
            case Op.Move move -> List.of(move.node(), move.parent());
            case Op.SetAttributes set -> List.of(set.node());
            case Op.Trash trash -> List.of(trash.node());
            case Op.Restore restore ->
                    restore.parent() == null
                            ? List.of(restore.node())
                            : List.of(restore.node(), restore.parent());
            case Op.RestoreVersion restore -> List.of(restore.node());
            case Op.Purge purge -> List.of(purge.node());
        };
    }

    /** Starts the reads of a run of operations, so that they are under way at once. */
    static void prefetch(Workspace workspace, List<Op> ops) {
        Set<ByteString> nodes = new HashSet<>();
        Set<ByteString> fresh = new HashSet<>();
        for (Op op : ops) {
            named(op).forEach(n -> nodes.add(Bytes.of(n)));
            @Nullable NodeId made = made(op);
            if (made != null) {
                fresh.add(Bytes.of(made));
            }
            switch (op) {
                case Op.CreateFolder create -> name(workspace, create.parent(), create.name());
                case Op.CreateFile create -> {
                    name(workspace, create.parent(), create.name());
                    workspace.prefetchOwner(Bytes.of(create.content()));
                }
                case Op.CreateSymlink create -> name(workspace, create.parent(), create.name());
                case Op.PutContent put -> workspace.prefetchOwner(Bytes.of(put.content()));
                case Op.Move move -> name(workspace, move.parent(), move.name());
                case Op.PutSymlink _,
                        Op.SetAttributes _,
                        Op.Trash _,
                        Op.Restore _,
                        Op.RestoreVersion _,
                        Op.Purge _ -> {}
            }
        }
        workspace.prefetchNodes(fresh);
        nodes.removeAll(fresh);
        workspace.prefetchAncestors(nodes);
    }

    private static void name(Workspace workspace, NodeId parent, String name) {
        if (Names.valid(name)) {
            workspace.prefetchName(new Workspace.Slot(Bytes.of(parent), Names.nameKey(name)));
        }
    }
}
