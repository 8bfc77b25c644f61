package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes nodes for good. A node leaves a tombstone, so that the state since an old cursor is
 * complete; its contents are released, and the last release dooms a content (T5).
 *
 * <p>A folder is purged from below: a node goes only when nothing live hangs below it, so that
 * whatever is left at any moment still hangs below the marked folder and is found again.
 */
final class Purging {
    static final String KIND = "purge";

    /** Nodes and versions removed in one transaction. */
    private static final int ITEMS_MAX = 128;

    private final Workspace workspace;
    private final Cell cell;
    private final long nowMillis;

    Purging(Workspace workspace, Cell cell, long nowMillis) {
        this.workspace = workspace;
        this.cell = cell;
        this.nowMillis = nowMillis;
    }

    /** Whether the node can go in the transaction that asks. */
    boolean isSmall(Node node) {
        return node.getKind() == Kind.FOLDER
                ? children(node, 1).isEmpty()
                : workspace.versions(node.getNode(), ITEMS_MAX).size() < ITEMS_MAX;
    }

    /** Releases all contents of a small node; answers what is left of it. */
    Node tombstone(Node node, @Nullable ByteString device) {
        for (Version version : workspace.versions(node.getNode(), ITEMS_MAX)) {
            remove(version);
        }
        if (node.hasContent()) {
            release(node.getContent());
        }
        Node.Builder tombstone =
                Node.newBuilder()
                        .setNs(node.getNs())
                        .setNode(node.getNode())
                        .setParent(node.getParent())
                        .setName(node.getName())
                        .setKind(node.getKind())
                        .setRev(node.getRev() + 1)
                        .setContentRev(node.getContentRev())
                        .setIncarnation(cell.getIncarnation())
                        .setPurged(true)
                        .addPurgedAtMillis(nowMillis);
        if (device != null) {
            tombstone.setModifiedBy(device);
        }
        return tombstone.build();
    }

    void remove(Version version) {
        workspace.delete(version);
        if (version.hasContent()) {
            release(version.getContent());
        }
    }

    void release(ByteString content) {
        workspace
                .owner(content)
                .filter(owner -> owner.getState() == OwnerState.COMMITTED)
                .ifPresent(owner -> workspace.put(Owners.released(owner, nowMillis)));
    }

    /** What a step came to. */
    record Step(int items, boolean finished) {}

    /** Removes some of what lies below a marked node, and at last the node itself. */
    Step step(Node top) {
        Node folder = top;
        while (true) {
            int budget = ITEMS_MAX;
            @Nullable Node deeper = null;
            int removed = 0;
            for (Node child : children(folder, ITEMS_MAX)) {
                if (child.getKind() == Kind.FOLDER) {
                    deeper = deeper == null ? child : deeper;
                } else if (budget > 0) {
                    budget -= purgeFile(child, budget);
                    removed++;
                }
            }
            if (removed > 0) {
                return new Step(removed, false);
            }
            if (deeper == null) {
                int left = folder.getKind() == Kind.FOLDER ? 0 : trim(folder, budget);
                if (left == 0) {
                    workspace.place(folder, tombstone(folder, null));
                }
                return new Step(1, left == 0 && folder.getNode().equals(top.getNode()));
            }
            folder = deeper;
        }
    }

    /** Purges a file, or as many of its versions as the budget allows; answers what it cost. */
    private int purgeFile(Node file, int budget) {
        int versions = workspace.versions(file.getNode(), budget + 1).size();
        if (versions > budget) {
            trim(file, budget);
            return budget;
        }
        workspace.place(file, tombstone(file, null));
        return versions + 1;
    }

    /** Removes versions up to the budget; answers 0 when so few are left that the node can go. */
    private int trim(Node file, int budget) {
        List<Version> versions = workspace.versions(file.getNode(), budget + 1);
        if (versions.size() < ITEMS_MAX) {
            return 0;
        }
        versions.subList(0, Math.min(budget, versions.size())).forEach(this::remove);
        return versions.size();
    }

    private List<Node> children(Node folder, int limit) {
        if (folder.getKind() != Kind.FOLDER) {
            return List.of();
        }
        List<Node> children = new ArrayList<>();
        workspace
                .transaction()
                .join(
                        workspace
                                .transaction()
                                .byIndex(
                                        Node.class,
                                        Schema.Type.NODE,
                                        Schema.NODE_CHILD,
                                        RecordTransaction.allOf(folder.getNs(), folder.getNode()),
                                        RecordTransaction.forward(limit)))
                .forEach(stored -> children.add(stored.record()));
        return children;
    }
}
