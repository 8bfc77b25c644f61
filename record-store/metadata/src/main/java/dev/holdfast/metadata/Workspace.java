package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.TupleRange;
import com.github.benmanes.caffeine.cache.Cache;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.MetadataRecords.Change;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.Limits;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What one transaction has read of a namespace's tree, and what it is going to write. Operations of
 * a batch read through it and see each other's effects; everything is written at the end, in
 * parallel, each record once. All reads are serializable, so that the transaction aborts when one
 * of them was overtaken.
 */
final class Workspace {
    private final RecordTransaction transaction;
    private final ByteString ns;
    private final Cache<ByteString, ByteString> parentGuesses;

    private final Map<ByteString, CompletableFuture<Optional<Node>>> nodes = new HashMap<>();
    private final Map<Slot, CompletableFuture<Optional<ByteString>>> names = new HashMap<>();
    private final Map<ByteString, CompletableFuture<Optional<Owner>>> owners = new HashMap<>();
    private final Map<ByteString, CompletableFuture<Long>> references = new HashMap<>();

    private final Map<ByteString, Node> stagedNodes = new LinkedHashMap<>();
    private final Map<ByteString, Owner> stagedOwners = new LinkedHashMap<>();
    private final List<Version> stagedVersions = new ArrayList<>();
    private final List<Version> deletedVersions = new ArrayList<>();
    private final List<Job> stagedJobs = new ArrayList<>();
    private final Map<Slot, ByteString> vacated = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();

    /** A name in a folder. */
    record Slot(ByteString parent, String key) {}

    Workspace(
            RecordTransaction transaction,
            ByteString ns,
            Cache<ByteString, ByteString> parentGuesses) {
        this.transaction = transaction;
        this.ns = ns;
        this.parentGuesses = parentGuesses;
    }

    RecordTransaction transaction() {
        return transaction;
    }

    ByteString namespace() {
        return ns;
    }

    /** Starts to load nodes and, by what they are guessed to hang below, their ancestors. */
    void prefetchNodes(Collection<ByteString> ids) {
        for (ByteString id : ids) {
            @Nullable ByteString next = id;
            for (int i = 0; next != null && i < Limits.WALK_DEPTH_MAX; i++) {
                if (nodes.containsKey(next)) {
                    break;
                }
                var _ = loadNode(next);
                next = parentGuesses.getIfPresent(next);
            }
        }
    }

    /** Loads what is above the nodes, level by level and each level in parallel. */
    void prefetchAncestors(Collection<ByteString> ids) {
        Set<ByteString> level = new HashSet<>(ids);
        Set<ByteString> seen = new HashSet<>(ids);
        for (int i = 0; !level.isEmpty() && i < Limits.WALK_DEPTH_MAX; i++) {
            prefetchNodes(level);
            Set<ByteString> above = new HashSet<>();
            for (ByteString id : level) {
                node(id).filter(Node::hasParent).ifPresent(n -> above.add(n.getParent()));
            }
            above.removeIf(id -> !seen.add(id));
            level.clear();
            level.addAll(above);
        }
    }

    void prefetchName(Slot slot) {
        names.computeIfAbsent(slot, this::loadName);
    }

    void prefetchOwner(ByteString owner) {
        owners.computeIfAbsent(owner, o -> Owners.load(transaction, o));
        references.computeIfAbsent(owner, o -> Owners.references(transaction, o));
    }

    void prefetchOwnerOnly(ByteString owner) {
        owners.computeIfAbsent(owner, o -> Owners.load(transaction, o));
    }

    private CompletableFuture<Optional<Node>> loadNode(ByteString id) {
        return nodes.computeIfAbsent(
                id, n -> transaction.load(Node.class, Schema.Type.NODE, ns, n));
    }

    private CompletableFuture<Optional<ByteString>> loadName(Slot slot) {
        return transaction
                .entries(
                        Schema.Type.NODE,
                        Schema.NODE_CHILD,
                        RecordTransaction.allOf(ns, slot.parent(), slot.key()),
                        RecordTransaction.forward(1))
                .thenApply(found -> found.stream().findFirst().map(Workspace::nodeOf));
    }

    /** The last part of the entry's primary key. */
    private static ByteString nodeOf(IndexEntry entry) {
        var key = entry.getPrimaryKey();
        return ByteString.copyFrom(key.getBytes(key.size() - 1));
    }

    /** A node that exists, in the trash or not; a tombstone is none. */
    Optional<Node> node(ByteString id) {
        return row(id).filter(n -> !n.getPurged());
    }

    /** A node or a tombstone. */
    Optional<Node> row(ByteString id) {
        @Nullable Node staged = stagedNodes.get(id);
        if (staged != null) {
            return Optional.of(staged);
        }
        Optional<Node> found = transaction.join(loadNode(id));
        found.filter(Node::hasParent).ifPresent(n -> parentGuesses.put(id, n.getParent()));
        return found;
    }

    /** The live child of that name. */
    Optional<ByteString> child(Slot slot) {
        return transaction.join(names.computeIfAbsent(slot, this::loadName));
    }

    /**
     * Whether another node gave the name up in this transaction. The unique index would take the
     * new owner for a second one, depending on the order of the writes: the operation has to wait
     * for the next transaction.
     */
    boolean vacatedByAnother(Slot slot, ByteString node) {
        @Nullable ByteString before = vacated.get(slot);
        return before != null && !before.equals(node);
    }

    Optional<Owner> owner(ByteString id) {
        @Nullable Owner staged = stagedOwners.get(id);
        return staged != null
                ? Optional.of(staged)
                : transaction.join(owners.computeIfAbsent(id, o -> Owners.load(transaction, o)));
    }

    long references(ByteString owner) {
        return transaction.join(
                references.computeIfAbsent(owner, o -> Owners.references(transaction, o)));
    }

    Optional<Version> version(ByteString node, long contentRev) {
        for (Version staged : stagedVersions) {
            if (staged.getNode().equals(node) && staged.getContentRev() == contentRev) {
                return Optional.of(staged);
            }
        }
        return transaction
                .get(Version.class, Schema.Type.VERSION, ns, node, contentRev)
                .filter(this::isKept);
    }

    private boolean isKept(Version version) {
        return deletedVersions.stream()
                .noneMatch(v ->
                        v.getContentRev() == version.getContentRev()
                                && v.getNode().equals(version.getNode()));
    }

    /** Versions of a node that are not its current content, oldest first. */
    List<Version> versions(ByteString node, int limit) {
        return kept(RecordTransaction.under(Schema.Type.VERSION, ns, node), limit);
    }

    /** The same of those below a content revision. */
    List<Version> versionsBelow(ByteString node, long contentRev, int limit) {
        var all = RecordTransaction.key(Schema.Type.VERSION, ns, node);
        return kept(RecordTransaction.before(all, all.add(contentRev)), limit);
    }

    private List<Version> kept(TupleRange range, int limit) {
        return transaction
                .join(
                        transaction.byKey(
                                Version.class,
                                Schema.Type.VERSION,
                                range,
                                RecordTransaction.forward(limit)))
                .stream()
                .filter(this::isKept)
                .toList();
    }

    /**
     * Takes over a node's new state and the change it stands for.
     *
     * @param before null for a new node
     * @return the position of the change, from 1
     */
    int put(@Nullable Node before, Node after, ChangeType type) {
        place(before, after);
        Change.Builder change = Change.newBuilder().setType(type).setNode(Images.of(after));
        if (before != null) {
            change.setBeforeName(before.getName());
            if (before.hasParent()) {
                change.setBeforeParent(before.getParent());
            }
            if (type == ChangeType.CHANGE_ATTRIBUTES) {
                change.setBeforeMtimeNanos(before.getMtimeNanos())
                        .setBeforeExecutable(before.getExecutable());
            }
        }
        if (type == ChangeType.CHANGE_TRASHED && after.getTrashed(0).getConfirmed()) {
            change.setConfirmed(true);
        }
        changes.add(change.build());
        return changes.size();
    }

    /** Takes over a node's new state without a change: for what goes with a folder. */
    void place(@Nullable Node before, Node after) {
        @Nullable Slot from = before == null ? null : slot(before);
        @Nullable Slot to = slot(after);
        if (!Objects.equals(from, to)) {
            if (from != null) {
                names.put(from, CompletableFuture.completedFuture(Optional.empty()));
                vacated.putIfAbsent(from, after.getNode());
            }
            if (to != null) {
                names.put(to, CompletableFuture.completedFuture(Optional.of(after.getNode())));
            }
        }
        stagedNodes.put(after.getNode(), after);
    }

    private static @Nullable Slot slot(Node node) {
        return node.getLiveNameKeyCount() == 0
                ? null
                : new Slot(node.getParent(), node.getLiveNameKey(0));
    }

    void put(Owner owner) {
        stagedOwners.put(owner.getOwner(), owner);
    }

    void put(Version version) {
        stagedVersions.add(version);
    }

    /** Whether this transaction is going to write a version of the node. */
    boolean stagesVersionOf(ByteString node) {
        return stagedVersions.stream().anyMatch(v -> v.getNode().equals(node));
    }

    /** Whether this transaction is going to put a live node into the folder. */
    boolean stagesChildOf(ByteString folder) {
        return stagedNodes.values().stream()
                .anyMatch(n ->
                        n.hasParent()
                                && n.getParent().equals(folder)
                                && n.getLiveNameKeyCount() > 0);
    }

    void delete(Version version) {
        deletedVersions.add(version);
    }

    void put(Job job) {
        stagedJobs.add(job);
    }

    List<Change> changes() {
        return changes;
    }

    boolean hasJobs() {
        return !stagedJobs.isEmpty();
    }

    /** Records that will be written. */
    int staged() {
        return stagedNodes.size()
                + stagedOwners.size()
                + stagedVersions.size()
                + deletedVersions.size();
    }

    /** Writes what was taken over, all in parallel. */
    void flush() {
        List<CompletableFuture<?>> writes = new ArrayList<>();
        stagedNodes.values().forEach(n -> writes.add(transaction.save(Schema.Type.NODE, n)));
        stagedOwners.values().forEach(o -> writes.add(transaction.save(Schema.Type.OWNER, o)));
        stagedVersions.forEach(v -> writes.add(transaction.save(Schema.Type.VERSION, v)));
        stagedJobs.forEach(j -> writes.add(transaction.save(Schema.Type.JOB, j)));
        deletedVersions.forEach(v ->
                writes.add(
                        transaction.delete(
                                Schema.Type.VERSION, ns, v.getNode(), v.getContentRev())));
        transaction.joinAll(writes);
    }
}
