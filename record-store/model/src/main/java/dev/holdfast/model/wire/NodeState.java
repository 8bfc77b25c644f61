package dev.holdfast.model.wire;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * A node as of one moment.
 *
 * @param parent null for the root of a namespace only
 * @param rev counts every change of the node, from 1
 * @param contentRev counts changes of content, from 1; 0 for folders
 * @param size plain bytes of a file, 0 otherwise
 * @param chunkCount chunks of a file's content; with 1 no manifest is needed to download it
 * @param contentHash SHA-256 over the ordered (chunk hash, u32 length) list; null unless a file
 * @param mtimeNanos modification time in nanoseconds since 1970-01-01T00:00:00Z
 * @param target where a symlink points, as text; never followed by the server
 * @param trashed the node itself is in the trash; what lies below it is not marked
 * @param conflictOf the node this one is a conflict copy of
 * @param modifiedBy the device that made the last change; null for what the server made
 */
public record NodeState(
        NodeId node,
        @Nullable NodeId parent,
        String name,
        NodeKind kind,
        long rev,
        long contentRev,
        long size,
        int chunkCount,
        @Nullable Sha256 contentHash,
        long mtimeNanos,
        boolean executable,
        @Nullable String target,
        boolean trashed,
        @Nullable NodeId conflictOf,
        @Nullable DeviceId modifiedBy) {}
