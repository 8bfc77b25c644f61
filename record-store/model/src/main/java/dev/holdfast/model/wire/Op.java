package dev.holdfast.model.wire;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * One mutation of a namespace's tree. (device, {@link #sequence}) is its identity: a retry has the
 * effect of one execution and gets the stored result. New nodes carry an id the client chose, so
 * later operations of the same batch can name them.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "op")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Op.CreateFolder.class, name = "create_folder"),
    @JsonSubTypes.Type(value = Op.CreateFile.class, name = "create_file"),
    @JsonSubTypes.Type(value = Op.CreateSymlink.class, name = "create_symlink"),
    @JsonSubTypes.Type(value = Op.PutContent.class, name = "put_content"),
    @JsonSubTypes.Type(value = Op.PutSymlink.class, name = "put_symlink"),
    @JsonSubTypes.Type(value = Op.Move.class, name = "move"),
    @JsonSubTypes.Type(value = Op.SetAttributes.class, name = "set_attributes"),
    @JsonSubTypes.Type(value = Op.Trash.class, name = "trash"),
    @JsonSubTypes.Type(value = Op.Restore.class, name = "restore"),
    @JsonSubTypes.Type(value = Op.RestoreVersion.class, name = "restore_version"),
    @JsonSubTypes.Type(value = Op.Purge.class, name = "purge")
})
public sealed interface Op {
    /** Chosen by the device, rising; unique for the device for ever. At least 1. */
    long sequence();

    record CreateFolder(long sequence, NodeId node, NodeId parent, String name) implements Op {}

    /** A file of a content that was uploaded under an upload of the same device. */
    record CreateFile(
            long sequence,
            NodeId node,
            NodeId parent,
            String name,
            ContentId content,
            long mtimeNanos,
            boolean executable,
            OnConflict onConflict)
            implements Op {}

    record CreateSymlink(
            long sequence,
            NodeId node,
            NodeId parent,
            String name,
            String target,
            OnConflict onConflict)
            implements Op {}

    /**
     * A new version of a file. With {@link OnConflict#KEEP_BOTH} and another current content, the
     * new content becomes a conflict copy beside it, as node {@code conflictNode}.
     */
    record PutContent(
            long sequence,
            NodeId node,
            long baseContentRev,
            ContentId content,
            long mtimeNanos,
            boolean executable,
            OnConflict onConflict,
            @Nullable NodeId conflictNode)
            implements Op {}

    record PutSymlink(long sequence, NodeId node, long baseContentRev, String target)
            implements Op {}

    /** Rename and move alike; rejected unless the node still has the base parent and name. */
    record Move(
            long sequence,
            NodeId node,
            NodeId baseParent,
            String baseName,
            NodeId parent,
            String name,
            OnConflict onConflict)
            implements Op {}

    record SetAttributes(long sequence, NodeId node, long mtimeNanos, boolean executable)
            implements Op {}

    /**
     * Into the trash, a folder with all that is below it.
     *
     * @param baseContentRev for a file or symlink: the content its author had seen
     * @param seen for a folder: the feed cursor up to which the author had seen everything below it
     * @param confirmed true when a person was asked about so many deletions and meant them, so that
     *     other devices need not ask again; else absent
     */
    record Trash(
            long sequence,
            NodeId node,
            @Nullable Long baseContentRev,
            @Nullable String seen,
            @Nullable Boolean confirmed)
            implements Op {
        /** One that nobody was asked about. */
        public Trash(
                long sequence, NodeId node, @Nullable Long baseContentRev, @Nullable String seen) {
            this(sequence, node, baseContentRev, seen, null);
        }
    }

    /** Out of the trash, to where it was, or to another folder or name where they are given. */
    record Restore(long sequence, NodeId node, @Nullable NodeId parent, @Nullable String name)
            implements Op {}

    /** Makes an old version's content the current one, as a new version. */
    record RestoreVersion(long sequence, NodeId node, long contentRev, long baseContentRev)
            implements Op {}

    /** Removes a trashed node for good, with all that is below it. */
    record Purge(long sequence, NodeId node) implements Op {}
}
