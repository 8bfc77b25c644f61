package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Change;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Image;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.model.Limits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A namespace's tree as it was at a commit version, for one transaction. What a node was then
 * follows from the first change of it that came after: the change tells what was before. A node
 * without such a change is as it was. The past does not change, so everything is read at snapshot;
 * the changes after the version must all be kept, which the caller has checked.
 */
final class PastTree {
    private final RecordTransaction transaction;
    private final Cell cell;
    private final ByteString ns;
    private final long version;
    private final FDBRecordVersion end;
    private final Map<ByteString, Optional<Past>> nodes = new HashMap<>();
    private final Map<ByteString, ChangeSet> sets = new HashMap<>();

    /**
     * What a node was.
     *
     * @param parent null for the root
     * @param trashed was in the trash itself
     * @param attributes its attributes; null where only the version of that content knows them
     */
    record Past(
            ByteString node,
            @Nullable ByteString parent,
            String name,
            boolean trashed,
            long contentRev,
            @Nullable Attributes attributes) {}

    record Attributes(long mtimeNanos, boolean executable) {}

    PastTree(RecordTransaction transaction, Cell cell, ByteString ns, long version) {
        this.transaction = transaction;
        this.cell = cell;
        this.ns = ns;
        this.version = version;
        this.end = FDBRecordVersion.lastInDBVersion(version);
    }

    /** Empty when there was no such node then. */
    Optional<Past> node(ByteString id) {
        if (!nodes.containsKey(id)) {
            nodes.put(id, load(id));
        }
        return Objects.requireNonNull(nodes.get(id));
    }

    private Optional<Past> load(ByteString id) {
        Optional<Change> next = firstAfter(id);
        if (next.isPresent()) {
            return before(next.get());
        }
        Optional<Stored<Node>> row =
                transaction.join(transaction.loadVersioned(Node.class, Schema.Type.NODE, ns, id));
        if (row.isEmpty()) {
            return Optional.empty();
        }
        Node node = row.get().record();
        // What goes with a purged folder is purged without a change of its own.
        boolean purgedBefore =
                node.getPurged()
                        && Objects.requireNonNull(row.get().version()).getDBVersion() <= version;
        return purgedBefore
                ? Optional.empty()
                : Optional.of(
                        new Past(
                                id,
                                node.hasParent() ? node.getParent() : null,
                                node.getName(),
                                node.getTrashedCount() > 0 || node.getPurging(),
                                node.getContentRev(),
                                new Attributes(node.getMtimeNanos(), node.getExecutable())));
    }

    /** The first change of a node after the version. */
    private Optional<Change> firstAfter(ByteString id) {
        Tuple prefix = RecordTransaction.parts(ns, cell.getIncarnation(), id);
        return transaction
                .join(
                        transaction.entries(
                                Schema.Type.CHANGE_SET,
                                Schema.CHANGE_NODE,
                                RecordTransaction.after(
                                        prefix, prefix.add(end.toVersionstamp()), false),
                                RecordTransaction.forwardSnapshot(1)))
                .stream()
                .findFirst()
                .flatMap(entry -> changeIn(entry, id));
    }

    private Optional<Change> changeIn(IndexEntry entry, ByteString id) {
        Tuple key = entry.getPrimaryKey();
        ByteString change = ByteString.copyFrom(key.getBytes(key.size() - 1));
        @Nullable ChangeSet set = sets.get(change);
        if (set == null) {
            set =
                    transaction
                            .join(
                                    transaction.loadSnapshot(
                                            ChangeSet.class, Schema.Type.CHANGE_SET, ns, change))
                            .orElseThrow(() -> new IllegalStateException("a change is missing"));
            sets.put(change, set);
        }
        return set.getEntryList().stream()
                .filter(c -> c.getNode().getNode().equals(id))
                .findFirst();
    }

    private static Optional<Past> before(Change change) {
        if (change.getType() == ChangeType.CHANGE_CREATED) {
            return Optional.empty();
        }
        Image after = change.getNode();
        boolean content = change.getType() == ChangeType.CHANGE_UPDATED;
        @Nullable Attributes attributes =
                content ? null : new Attributes(after.getMtimeNanos(), after.getExecutable());
        if (change.getType() == ChangeType.CHANGE_ATTRIBUTES) {
            // Changes of servers that did not note it: what it was is not known.
            attributes =
                    change.hasBeforeMtimeNanos()
                            ? new Attributes(
                                    change.getBeforeMtimeNanos(), change.getBeforeExecutable())
                            : null;
        }
        return Optional.of(
                new Past(
                        after.getNode(),
                        change.hasBeforeParent() ? change.getBeforeParent() : null,
                        change.getBeforeName(),
                        change.getType() == ChangeType.CHANGE_RESTORED
                                || change.getType() == ChangeType.CHANGE_PURGED,
                        content ? after.getContentRev() - 1 : after.getContentRev(),
                        attributes));
    }

    /**
     * Where a live node was.
     *
     * @param inside whether it was below the folder
     * @param path from the namespace's root, or from the folder's name where it was inside
     */
    record Where(boolean inside, String path) {}

    /** Where a node was; empty when it was not live, or was not at all. */
    Optional<Where> where(ByteString id, ByteString folder) {
        List<String> names = new ArrayList<>();
        ByteString at = id;
        boolean inside = false;
        for (int i = 0; i <= Limits.WALK_DEPTH_MAX; i++) {
            inside |= at.equals(folder) && i > 0;
            Optional<Past> past = node(at);
            if (past.isEmpty() || (past.get().trashed() && !inside)) {
                return Optional.empty();
            }
            @Nullable ByteString parent = past.get().parent();
            if (parent == null || past.get().trashed()) {
                Collections.reverse(names);
                return Optional.of(new Where(inside, "/" + String.join("/", names)));
            }
            names.add(past.get().name());
            at = parent;
        }
        return Optional.empty();
    }
}
