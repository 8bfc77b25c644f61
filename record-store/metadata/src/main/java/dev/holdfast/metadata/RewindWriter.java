package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.apple.foundationdb.tuple.Tuple;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.PastTree.Attributes;
import dev.holdfast.metadata.RewindView.Decision;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Device;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Trashed;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.Names;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Does to nodes what a rewind decides, in one transaction. */
final class RewindWriter {
    /** Whose name the copies have that a rewind puts beside something. */
    static final Device SERVER = Device.newBuilder().setName("rewind").build();

    private final RecordTransaction transaction;
    private final Cell cell;
    private final Job job;
    private final OpContext context;
    private final Workspace workspace;
    private final RewindView view;
    private final Set<ByteString> left = new HashSet<>();
    private final Map<ByteString, Boolean> touched = new HashMap<>();
    private @Nullable RewindRivals rivals;

    RewindWriter(
            RecordTransaction transaction, Cell cell, Access.Grant grant, Job job, long nowMillis) {
        this.transaction = transaction;
        this.cell = cell;
        this.job = job;
        this.workspace =
                new Workspace(
                        transaction, job.getNs(), Caffeine.newBuilder().maximumSize(0).build());
        this.context = OpContext.of(workspace, grant, cell, nowMillis);
        PastTree past = new PastTree(transaction, cell, job.getNs(), job.getTargetVersion());
        this.view = new RewindView(workspace, past, job.getNode());
    }

    /** Folders that hold one of these do not go into the trash. */
    void beware(RewindRivals found) {
        rivals = found;
    }

    Workspace workspace() {
        return workspace;
    }

    int staged() {
        return workspace.staged();
    }

    /** Nodes that were left alone. */
    int skipped() {
        return left.size();
    }

    /**
     * Rewinds a node.
     *
     * @param trashing whether it is the turn of what goes into the trash, or of all the rest
     */
    void rewind(ByteString id, boolean trashing) {
        Decision decision = view.decide(id);
        switch (decision) {
            case Decision.Keep() -> {}
            case Decision.Lost(_) -> {
                if (!trashing) {
                    left.add(id);
                }
            }
            case Decision.Trash(var node, _) -> {
                if (trashing) {
                    trash(node);
                }
            }
            case Decision.Back back -> {
                if (!trashing) {
                    back(back);
                }
            }
        }
    }

    private void back(Decision.Back back) {
        ByteString id = back.node().getNode();
        if (isTouched(id)) {
            left.add(id);
            return;
        }
        Node node = back.node();
        if (back.place()) {
            Optional<Node> placed = place(back);
            if (placed.isEmpty()) {
                return;
            }
            node = placed.get();
        }
        if (back.version().isPresent()) {
            node = content(node, back.version().get(), back.then().attributes());
        }
        @Nullable Attributes attributes = back.then().attributes();
        if (back.attributes() && attributes != null && !has(node, attributes)) {
            Node changed =
                    next(node)
                            .setMtimeNanos(attributes.mtimeNanos())
                            .setExecutable(attributes.executable())
                            .build();
            workspace.put(node, changed, ChangeType.CHANGE_ATTRIBUTES);
        }
    }

    private static boolean has(Node node, Attributes attributes) {
        return node.getMtimeNanos() == attributes.mtimeNanos()
                && node.getExecutable() == attributes.executable();
    }

    /** The node where it was; empty when it cannot be put there now. */
    private Optional<Node> place(Decision.Back back) {
        Node node = back.node();
        ByteString to = back.then().parent();
        if (to == null) {
            return Optional.empty();
        }
        // From above: what it lies in must be there first, and cannot be below it then.
        if (!to.equals(job.getNode())
                && view.decide(to) instanceof Decision.Back above
                && above.place()) {
            back(above);
        }
        Optional<Node> folder = workspace.node(to);
        boolean fits =
                context.tree().folderFault(folder) == null
                        && !context.tree().isWithin(folder.orElseThrow(), node.getNode());
        if (!fits) {
            left.add(node.getNode());
            return Optional.empty();
        }
        return switch (context.naming().decide(to, back.then().name(), node.getNode(), true)) {
            case Naming.Decision.Refused(_) -> {
                left.add(node.getNode());
                yield Optional.empty();
            }
            // The next pass finds it free.
            case Naming.Decision.Later() -> Optional.empty();
            case Naming.Decision.Free(var free, _) -> Optional.of(put(node, to, free));
        };
    }

    private Node put(Node node, ByteString to, String name) {
        boolean trashed = node.getTrashedCount() > 0;
        if (!trashed && node.getParent().equals(to) && node.getName().equals(name)) {
            return node;
        }
        Node placed =
                next(node)
                        .setParent(to)
                        .setName(name)
                        .clearTrashed()
                        .clearLiveNameKey()
                        .addLiveNameKey(Names.nameKey(name))
                        .build();
        workspace.put(node, placed, trashed ? ChangeType.CHANGE_RESTORED : ChangeType.CHANGE_MOVED);
        return placed;
    }

    private Node content(Node node, Version version, @Nullable Attributes attributes) {
        Node.Builder changed =
                next(node)
                        .setContentRev(node.getContentRev() + 1)
                        .setMtimeNanos(
                                attributes == null
                                        ? version.getMtimeNanos()
                                        : attributes.mtimeNanos())
                        .setExecutable(
                                attributes == null
                                        ? version.getExecutable()
                                        : attributes.executable())
                        .setContentAtMillis(context.nowMillis())
                        .clearContentBy();
        if (version.hasContent()) {
            // Serializably: retention may be releasing its last use at this moment.
            Optional<Owner> owner = workspace.owner(version.getContent());
            if (owner.isEmpty() || owner.get().getState() != OwnerState.COMMITTED) {
                left.add(node.getNode());
                return node;
            }
            workspace.put(Owners.used(owner.get()));
            changed.setContent(version.getContent())
                    .setSize(version.getSize())
                    .setChunkCount(version.getChunkCount())
                    .setContentHash(version.getContentHash());
        }
        if (version.hasTarget()) {
            changed.setTarget(version.getTarget());
        }
        context.supersede(node);
        Node after = changed.build();
        workspace.put(node, after, ChangeType.CHANGE_UPDATED);
        return after;
    }

    private void trash(Node node) {
        if (isTouched(node.getNode()) || holdsARival(node)) {
            left.add(node.getNode());
            return;
        }
        Node trashed =
                next(node)
                        .clearLiveNameKey()
                        .clearTrashed()
                        .addTrashed(Trashed.newBuilder().setAtMillis(context.nowMillis()))
                        .build();
        workspace.put(node, trashed, ChangeType.CHANGE_TRASHED);
    }

    private boolean holdsARival(Node node) {
        @Nullable RewindRivals known = rivals;
        if (node.getKind() != Kind.FOLDER || known == null) {
            return false;
        }
        return known.overflow()
                || known.nodes().stream()
                        .anyMatch(id ->
                                workspace
                                        .node(id)
                                        .filter(n -> n.getTrashedCount() == 0)
                                        .filter(n -> context.tree().isWithin(n, node.getNode()))
                                        .isPresent());
    }

    private Node.Builder next(Node node) {
        return node.toBuilder()
                .setRev(node.getRev() + 1)
                .clearModifiedBy()
                .setIncarnation(cell.getIncarnation());
    }

    /** Whether the last change of a node is a device's, and came after the job began. */
    private boolean isTouched(ByteString id) {
        return touched.computeIfAbsent(id, this::readTouched);
    }

    private boolean readTouched(ByteString id) {
        List<IndexEntry> last =
                transaction.join(
                        transaction.entries(
                                Schema.Type.CHANGE_SET,
                                Schema.CHANGE_NODE,
                                RecordTransaction.allOf(job.getNs(), cell.getIncarnation(), id),
                                RecordTransaction.backwardSnapshot(1)));
        if (last.isEmpty()) {
            return false;
        }
        FDBRecordVersion version =
                FDBRecordVersion.fromVersionstamp(last.getFirst().getKey().getVersionstamp(3));
        if (version.compareTo(FeedCursor.version(job.getUntil())) <= 0) {
            return false;
        }
        Tuple key = last.getFirst().getPrimaryKey();
        return transaction
                .get(
                        ChangeSet.class,
                        Schema.Type.CHANGE_SET,
                        job.getNs(),
                        ByteString.copyFrom(key.getBytes(key.size() - 1)))
                .filter(set -> !set.getJob().equals(job.getJob()))
                .isPresent();
    }
}
