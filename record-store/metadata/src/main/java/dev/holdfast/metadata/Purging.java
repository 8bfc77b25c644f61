package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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

    /** Children one transaction looks at, before it looks at one of each folder only. */
    private static final int LOOKS_MAX = 1_000;

    /**
     * Children looked at first, twice as many each time after that: the folders on the way down
     * must not use up the looks that are needed at its end.
     */
    private static final int FIRST_LOOKS = 4;

    private final Workspace workspace;
    private final Cell cell;
    private final long nowMillis;
    private int budget = ITEMS_MAX;
    private int looks = LOOKS_MAX;

    /** For one transaction. */
    Purging(Workspace workspace, Cell cell, long nowMillis) {
        this.workspace = workspace;
        this.cell = cell;
        this.nowMillis = nowMillis;
    }

    /** Whether the node can go in the transaction that asks. */
    boolean isSmall(Node node) {
        return node.getKind() == Kind.FOLDER
                ? children(node, null, 1).isEmpty()
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

    /** A folder on the way down, and how far its children were looked at. */
    private static final class Level {
        private final Node folder;
        private final Deque<Node> folders = new ArrayDeque<>();
        private @Nullable Node last;
        private int portion = FIRST_LOOKS;
        private boolean seenAll;

        /** There was no room to purge one of the files. */
        private boolean blocked;

        Level(Node folder) {
            this.folder = folder;
        }
    }

    /** Removes some of what lies below a marked node, and at last the node itself. */
    Step step(Node top) {
        if (top.getKind() != Kind.FOLDER) {
            return new Step(items(), purgeFile(top));
        }
        Deque<Level> path = new ArrayDeque<>();
        path.push(enter(top));
        while (budget > 0 && !path.isEmpty()) {
            Level level = path.peek();
            @Nullable Node deeper = level.folders.poll();
            if (deeper != null) {
                path.push(enter(deeper));
            } else if (level.seenAll && !level.blocked) {
                workspace.place(level.folder, tombstone(level.folder, null));
                budget--;
                path.pop();
            } else if (looks > 0 && !level.blocked) {
                look(level);
            } else {
                break;
            }
        }
        return new Step(items(), path.isEmpty());
    }

    private int items() {
        return ITEMS_MAX - budget;
    }

    private Level enter(Node folder) {
        Level level = new Level(folder);
        look(level);
        return level;
    }

    /**
     * Looks at more of a folder's children and removes the files among them, as far as the budget
     * goes. At least one is looked at, so that every step gets ahead, however deep it has to go.
     */
    private void look(Level level) {
        int limit = Math.max(1, Math.min(level.portion, Math.min(budget, looks)));
        List<Node> children = children(level.folder, level.last, limit);
        looks -= children.size();
        level.portion = Math.min(2 * level.portion, ITEMS_MAX);
        level.seenAll = children.size() < limit;
        for (Node child : children) {
            level.last = child;
            if (child.getKind() == Kind.FOLDER) {
                level.folders.add(child);
            } else if (budget == 0 || !purgeFile(child)) {
                level.blocked = true;
            }
        }
    }

    /** Purges a file, or as many of its versions as the budget allows; true when it is gone. */
    private boolean purgeFile(Node file) {
        List<Version> versions = workspace.versions(file.getNode(), budget);
        if (versions.size() == budget) {
            versions.forEach(this::remove);
            budget = 0;
            return false;
        }
        workspace.place(file, tombstone(file, null));
        budget -= versions.size() + 1;
        return true;
    }

    /** Some live children in the order of their names, those behind the last one. */
    private List<Node> children(Node folder, @Nullable Node last, int limit) {
        if (folder.getKind() != Kind.FOLDER) {
            return List.of();
        }
        Tuple all = RecordTransaction.parts(folder.getNs(), folder.getNode());
        TupleRange range =
                last == null
                        ? TupleRange.allOf(all)
                        : RecordTransaction.after(all, all.add(last.getLiveNameKey(0)), false);
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
                                        range,
                                        RecordTransaction.forward(limit)))
                .forEach(stored -> children.add(stored.record()));
        return children;
    }
}
