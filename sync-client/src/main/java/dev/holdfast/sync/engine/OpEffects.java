package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an operation's result means for the synced and local trees. The remote tree is left alone:
 * only the feed speaks about it, and it is read again before the next plan. Applying a result twice
 * is harmless.
 */
final class OpEffects {
    private final Trees trees;
    private final Waits waits;
    private final TreeSteps treeSteps;
    private final Deletions deletions;

    OpEffects(Trees trees, Waits waits, TreeSteps treeSteps, Deletions deletions) {
        this.deletions = deletions;
        this.trees = trees;
        this.waits = waits;
        this.treeSteps = treeSteps;
    }

    void apply(Outbox.Sent sent) {
        ProblemCode code = sent.result().code();
        NodeState state = sent.result().node();
        if (code == null) {
            done(sent.op(), state);
        } else {
            rejected(sent.op(), code, sent.result().detail());
        }
    }

    private void done(Op op, @Nullable NodeState state) {
        switch (op) {
            case Op.CreateFolder create ->
                    trees.putSynced(
                            new SyncedNode(
                                    create.node(),
                                    create.parent(),
                                    create.name(),
                                    NodeKind.FOLDER,
                                    0,
                                    null,
                                    0,
                                    false,
                                    null));
            case Op.CreateFile create -> {
                NodeState made = Objects.requireNonNull(state);
                trees.putSynced(
                        new SyncedNode(
                                create.node(),
                                create.parent(),
                                create.name(),
                                NodeKind.FILE,
                                made.contentRev(),
                                made.contentHash(),
                                create.mtimeNanos(),
                                create.executable(),
                                null));
                waits.over(create.node());
            }
            case Op.CreateSymlink create ->
                    trees.putSynced(
                            new SyncedNode(
                                    create.node(),
                                    create.parent(),
                                    create.name(),
                                    NodeKind.SYMLINK,
                                    Objects.requireNonNull(state).contentRev(),
                                    null,
                                    0,
                                    false,
                                    create.target()));
            case Op.PutContent put -> putDone(put, Objects.requireNonNull(state));
            case Op.PutSymlink put -> {
                SyncedNode base = trees.synced().get(put.node());
                if (base != null) {
                    long rev = Objects.requireNonNull(state).contentRev();
                    trees.putSynced(base.withContent(rev, null, put.target()));
                }
            }
            case Op.Move move -> {
                SyncedNode base = trees.synced().get(move.node());
                if (base != null) {
                    trees.putSynced(base.withPlace(move.parent(), move.name()));
                }
                waits.over(move.node());
            }
            case Op.SetAttributes set -> {
                SyncedNode base = trees.synced().get(set.node());
                if (base != null) {
                    trees.putSynced(base.withAttributes(set.mtimeNanos(), set.executable()));
                }
            }
            case Op.Trash trash -> {
                for (SyncedNode gone : trees.synced().subtree(trash.node())) {
                    if (!trees.local().has(gone.node())) {
                        trees.removeSynced(gone.node());
                        deletions.add(gone.folder() ? 0 : 1);
                    }
                }
                waits.over(trash.node());
            }
            case Op.Restore _, Op.RestoreVersion _, Op.Purge _ -> {}
        }
    }

    private void putDone(Op.PutContent put, NodeState state) {
        LocalNode local = trees.local().get(put.node());
        SyncedNode base = trees.synced().get(put.node());
        waits.over(put.node());
        if (state.node().equals(put.node())) {
            if (base != null) {
                trees.putSynced(
                        base.withContent(state.contentRev(), state.contentHash(), null)
                                .withAttributes(put.mtimeNanos(), put.executable()));
            }
            return;
        }
        // Somebody else was first: what is on the disk here is the conflict copy now. The original
        // is fetched again, and the copy gets the name that the server gave it.
        NodeId copy = state.node();
        if (local != null && local.parent() != null && !trees.local().has(copy)) {
            trees.removeLocal(put.node());
            trees.putLocal(local.withNode(copy));
            trees.removeSynced(put.node());
            trees.putSynced(
                    new SyncedNode(
                            copy,
                            local.parent(),
                            local.name(),
                            NodeKind.FILE,
                            state.contentRev(),
                            state.contentHash(),
                            put.mtimeNanos(),
                            put.executable(),
                            null));
        }
    }

    private void rejected(Op op, ProblemCode code, @Nullable String detail) {
        NodeId node = node(op);
        String reason = "the server refused: " + code + (detail == null ? "" : ", " + detail);
        switch (code) {
            case CONFLICT,
                    NAME_TAKEN,
                    CYCLE,
                    GONE,
                    NOT_FOUND,
                    UNSEEN_CHANGES,
                    DEPENDENCY_FAILED,
                    CONTENT_INCOMPLETE,
                    UPLOAD_EXPIRED,
                    OP_EXPIRED,
                    PRECONDITION_FAILED,
                    UNAVAILABLE,
                    RATE_LIMITED -> {
                if (op instanceof Op.Restore) {
                    treeSteps.renew(node);
                } else {
                    waits.race(node, reason);
                }
            }
            // Planned on what a server held before it was restored: read again, and plan anew.
            case CURSOR_RESET -> waits.race(node, reason);
            case ID_REUSED -> {
                if (trees.synced().has(node)) {
                    waits.problem(node, reason);
                } else {
                    // The id lies in the trash, or with another device: this file is a new one.
                    treeSteps.renew(node);
                }
            }
            case INVALID,
                    NOT_SIGNED_IN,
                    FORBIDDEN,
                    METHOD_NOT_ALLOWED,
                    TOO_DEEP,
                    TOO_LARGE,
                    UNSUPPORTED_MEDIA_TYPE,
                    RANGE_NOT_SATISFIABLE,
                    OP_MISMATCH,
                    DIGEST_MISMATCH,
                    PRECONDITION_REQUIRED,
                    INTERNAL,
                    CHUNK_LOST,
                    QUOTA_EXCEEDED,
                    STORAGE_FULL ->
                    waits.problem(node, reason);
        }
    }

    static NodeId node(Op op) {
        return switch (op) {
            case Op.CreateFolder create -> create.node();
            case Op.CreateFile create -> create.node();
            case Op.CreateSymlink create -> create.node();
            case Op.PutContent put -> put.node();
            case Op.PutSymlink put -> put.node();
            case Op.Move move -> move.node();
            case Op.SetAttributes set -> set.node();
            case Op.Trash trash -> trash.node();
            case Op.Restore restore -> restore.node();
            case Op.RestoreVersion restore -> restore.node();
            case Op.Purge purge -> purge.node();
        };
    }
}
