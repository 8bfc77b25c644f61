package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Change;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Image;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Place;

/** Nodes as records hold them and as devices see them. */
final class Images {
    private Images() {}

    /** What is kept of a node in the changelog. */
    static Image of(Node node) {
        Image.Builder image =
                Image.newBuilder()
                        .setNode(node.getNode())
                        .setName(node.getName())
                        .setKind(node.getKind())
                        .setRev(node.getRev())
                        .setContentRev(node.getContentRev());
        if (node.hasParent()) {
            image.setParent(node.getParent());
        }
        if (node.hasContentHash()) {
            image.setSize(node.getSize())
                    .setChunkCount(node.getChunkCount())
                    .setContentHash(node.getContentHash());
        }
        if (node.hasMtimeNanos()) {
            image.setMtimeNanos(node.getMtimeNanos());
        }
        if (node.getExecutable()) {
            image.setExecutable(true);
        }
        if (node.hasTarget()) {
            image.setTarget(node.getTarget());
        }
        if (node.getTrashedCount() > 0) {
            image.setTrashed(true);
        }
        if (node.getConflictOfCount() > 0) {
            image.setConflictOf(node.getConflictOf(0));
        }
        if (node.hasModifiedBy()) {
            image.setModifiedBy(node.getModifiedBy());
        }
        return image.build();
    }

    static NodeState state(Node node) {
        return state(of(node));
    }

    static NodeState state(Image image) {
        return new NodeState(
                Bytes.node(image.getNode()),
                image.hasParent() ? Bytes.node(image.getParent()) : null,
                image.getName(),
                kind(image.getKind()),
                image.getRev(),
                image.getContentRev(),
                image.getSize(),
                image.getChunkCount(),
                image.hasContentHash() ? Bytes.hash(image.getContentHash()) : null,
                image.getMtimeNanos(),
                image.getExecutable(),
                image.hasTarget() ? image.getTarget() : null,
                image.getTrashed(),
                image.hasConflictOf() ? Bytes.node(image.getConflictOf()) : null,
                image.hasModifiedBy() ? Bytes.device(image.getModifiedBy()) : null);
    }

    static ChangeEntry entry(Change change) {
        boolean placed = change.hasBeforeName();
        ByteString parent = change.getBeforeParent();
        return new ChangeEntry(
                kind(change.getType()),
                state(change.getNode()),
                placed
                        ? new Place(
                                change.hasBeforeParent() ? Bytes.node(parent) : null,
                                change.getBeforeName())
                        : null,
                change.getConfirmed() ? true : null);
    }

    private static NodeKind kind(Kind kind) {
        return switch (kind) {
            case FOLDER -> NodeKind.FOLDER;
            case FILE -> NodeKind.FILE;
            case SYMLINK -> NodeKind.SYMLINK;
        };
    }

    private static ChangeKind kind(ChangeType type) {
        return switch (type) {
            case CHANGE_CREATED -> ChangeKind.CREATED;
            case CHANGE_UPDATED -> ChangeKind.UPDATED;
            case CHANGE_MOVED -> ChangeKind.MOVED;
            case CHANGE_ATTRIBUTES -> ChangeKind.ATTRIBUTES;
            case CHANGE_TRASHED -> ChangeKind.TRASHED;
            case CHANGE_RESTORED -> ChangeKind.RESTORED;
            case CHANGE_PURGED -> ChangeKind.PURGED;
        };
    }
}
