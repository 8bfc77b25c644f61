package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * What every operation of a transaction needs: who does it, when, and on what.
 *
 * @param nowMillis one time for the whole transaction; it labels, it never decides
 */
record OpContext(
        Workspace workspace,
        Tree tree,
        Naming naming,
        Access.Grant grant,
        Cell cell,
        long nowMillis) {
    static OpContext of(Workspace workspace, Access.Grant grant, Cell cell, long nowMillis) {
        LocalDate today = LocalDate.ofInstant(Instant.ofEpochMilli(nowMillis), ZoneOffset.UTC);
        String device = grant.identity().device().getName();
        return new OpContext(
                workspace,
                new Tree(workspace),
                new Naming(workspace, device, today),
                grant,
                cell,
                nowMillis);
    }

    ByteString device() {
        return grant.device();
    }

    /** The next state of a node, by this device. */
    Node.Builder next(Node node) {
        return node.toBuilder()
                .setRev(node.getRev() + 1)
                .setModifiedBy(device())
                .setIncarnation(cell.getIncarnation());
    }

    OpOutcome done(@Nullable Node before, Node after, ChangeType type) {
        return new OpOutcome.Effective(workspace.put(before, after, type), after.getNode());
    }

    /** It was so already. */
    static OpOutcome unchanged(Node node) {
        return new OpOutcome.Effective(0, node.getNode());
    }

    /** The current content of a node, as the version it becomes when another takes its place. */
    Version superseded(Node node) {
        Version.Builder version =
                Version.newBuilder()
                        .setNs(node.getNs())
                        .setNode(node.getNode())
                        .setContentRev(node.getContentRev())
                        .setMtimeNanos(node.getMtimeNanos())
                        .setExecutable(node.getExecutable())
                        .setCreatedAtMillis(node.getContentAtMillis())
                        .setDevice(node.getContentBy())
                        .setSupersededAtMillis(nowMillis);
        if (node.hasContent()) {
            version.setContent(node.getContent())
                    .setSize(node.getSize())
                    .setChunkCount(node.getChunkCount())
                    .setContentHash(node.getContentHash());
        }
        if (node.hasTarget()) {
            version.setTarget(node.getTarget());
        }
        return version.build();
    }
}
