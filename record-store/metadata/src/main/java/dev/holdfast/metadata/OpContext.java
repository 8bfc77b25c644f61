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
    /** Old versions that one new one pushes out. */
    private static final int PUSHED_OUT_MAX = 4;

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

    /**
     * Makes the current content of a node an old version. Where the policy bounds their number, the
     * oldest go with it: a few at once, so that a policy that was tightened is caught up with.
     */
    void supersede(Node node) {
        workspace.put(superseded(node));
        int count = grant.namespace().getRetention().getVersionCount();
        if (count > 0) {
            Purging purging = new Purging(workspace, cell, nowMillis);
            long kept = node.getContentRev() + 1 - count;
            workspace.versionsBelow(node.getNode(), kept, PUSHED_OUT_MAX).forEach(purging::remove);
        }
    }

    /** The current content of a node, as the version it becomes when another takes its place. */
    private Version superseded(Node node) {
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
