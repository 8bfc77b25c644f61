package dev.holdfast.sync.plan;

import dev.holdfast.model.NodeId;
import org.jspecify.annotations.Nullable;

/** One thing to do. Every action names the node it is about; places are as of the end of it. */
public sealed interface Action {
    NodeId node();

    /** Changes the trees alone. While a plan has any, nothing else of it is carried out. */
    sealed interface TreeStep extends Action {}

    /** Disk and server agree: the synced tree takes what both have. */
    record Agree(NodeId node) implements TreeStep {}

    /** Drops the merge base: what is left on one side counts as new there. */
    record Forget(NodeId node) implements TreeStep {}

    /** The local node is the remote one that has its name: it takes that id. */
    record Adopt(NodeId node, NodeId remote) implements TreeStep {}

    /** The local node gets a new id and no base; what hangs below a folder stays there. */
    record Renew(NodeId node) implements TreeStep {}

    /** The local node and all below it get new ids and no base. */
    record RenewAll(NodeId node) implements TreeStep {}

    /** Read the file and learn its content hash. */
    record HashFile(NodeId node) implements Action {}

    /** One operation without bytes on the server. */
    sealed interface RemoteStep extends Action {}

    record CreateFolder(NodeId node, NodeId parent, String name) implements RemoteStep {}

    record CreateSymlink(NodeId node, NodeId parent, String name, String target)
            implements RemoteStep {}

    record PutSymlink(NodeId node, long baseContentRev, String target) implements RemoteStep {}

    record MoveRemote(NodeId node, NodeId baseParent, String baseName, NodeId parent, String name)
            implements RemoteStep {}

    /** Into the trash; a folder with all below it, which nobody else may have changed unseen. */
    record Trash(NodeId node, boolean folder, long baseContentRev, int files)
            implements RemoteStep {}

    /** Out of the trash, since it was edited here. Parent and name are null where they stay. */
    record Restore(NodeId node, @Nullable NodeId parent, @Nullable String name)
            implements RemoteStep {}

    record SetAttributes(NodeId node, long mtimeNanos, boolean executable) implements RemoteStep {}

    /** Send a file's bytes, as a new file or as a new version. */
    sealed interface Upload extends Action {}

    record UploadNew(NodeId node, NodeId parent, String name) implements Upload {}

    record UploadEdit(NodeId node, long baseContentRev) implements Upload {}

    /** One change on the disk that needs no bytes from the server. */
    sealed interface LocalStep extends Action {}

    record MakeFolder(NodeId node, NodeId parent, String name) implements LocalStep {}

    record MakeSymlink(NodeId node, NodeId parent, String name, String target)
            implements LocalStep {}

    record ReplaceSymlink(NodeId node, String target) implements LocalStep {}

    record MoveLocal(NodeId node, NodeId parent, String name) implements LocalStep {}

    record RemoveFile(NodeId node) implements LocalStep {}

    record RemoveFolder(NodeId node) implements LocalStep {}

    record ApplyAttributes(NodeId node, long mtimeNanos, boolean executable) implements LocalStep {}

    /** Fetch a file's bytes; in place of what is there when {@code replace}. */
    record Download(NodeId node, NodeId parent, String name, boolean replace) implements Action {}
}
