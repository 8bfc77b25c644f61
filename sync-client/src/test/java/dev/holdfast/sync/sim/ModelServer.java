package dev.holdfast.sync.sim;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Names;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.Place;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a namespace on the server does with operations, in memory and in one thread. */
final class ModelServer extends ModelTree {
    private static final LocalDate DAY = LocalDate.of(2026, 1, 2);

    record OpKey(DeviceId device, long sequence) {}

    /** A change and who made it. */
    record Logged(ChangeEntry entry, DeviceId device) {}

    private final NamespaceId namespace;
    private final Map<NodeId, Map<Long, List<ChunkRef>>> versions = new HashMap<>();
    private final List<Logged> log = new ArrayList<>();
    private final Map<OpKey, OpResult> results = new HashMap<>();
    final Map<ContentId, List<ChunkRef>> contents = new HashMap<>();
    final Map<Sha256, byte[]> chunks = new HashMap<>();
    final Map<DeviceId, String> deviceNames = new HashMap<>();
    int epoch = 1;

    /** Devices that may only read. */
    final Set<DeviceId> readers = new HashSet<>();

    /** A planted bug: the last content wins, whatever it is based on. */
    boolean overwrites;

    /** How often somebody asked what has changed. */
    int pagesRead;

    /** A planted bug: now and then a change is not told of. */
    boolean feedSkips;

    /** A planted bug: what is trashed goes, whoever has changed it since. */
    boolean trashesUnseen;

    /** A planted bug: what comes into a trashed folder is acknowledged. */
    boolean takesBelowTrash;

    /** A planted bug: what lies in a folder that comes back is not listed. */
    boolean listsNothing;

    /** A planted bug: results are not kept, so that a retry is executed again. */
    boolean forgetsResults;

    /** A planted bug: a server restored from a backup goes on with the cursors of later. */
    boolean hidesRestores;

    private final Map<DeviceId, Long> lowest = new HashMap<>();

    long bytesReceived;
    long bytesSent;
    int opsDone;

    ModelServer(NamespaceId namespace) {
        super(NodeId.rootOf(namespace));
        this.namespace = namespace;
    }

    NamespaceId namespace() {
        return namespace;
    }

    List<Logged> log() {
        return log;
    }

    List<ChunkRef> chunksOf(NodeId node, long contentRev) {
        return versions.getOrDefault(node, Map.of()).getOrDefault(contentRev, List.of());
    }

    /** Everything, as it is now. */
    ServerBackup backup() {
        Map<NodeId, Map<Long, List<ChunkRef>>> copies = new HashMap<>();
        versions.forEach((node, list) -> copies.put(node, new HashMap<>(list)));
        return new ServerBackup(
                new LinkedHashMap<>(nodes),
                copies,
                List.copyOf(log),
                new HashMap<>(results),
                new HashMap<>(contents),
                new HashMap<>(chunks),
                new HashMap<>(lowest));
    }

    /** What came after the backup is gone, and the cursors say so. */
    void restore(ServerBackup backup) {
        nodes.clear();
        nodes.putAll(backup.nodes());
        versions.clear();
        backup.versions().forEach((node, list) -> versions.put(node, new HashMap<>(list)));
        log.clear();
        log.addAll(backup.log());
        results.clear();
        results.putAll(backup.results());
        contents.clear();
        contents.putAll(backup.contents());
        chunks.clear();
        chunks.putAll(backup.chunks());
        lowest.clear();
        lowest.putAll(backup.lowest());
        if (!hidesRestores) {
            epoch++;
        }
    }

    /** Children as a client is told them. */
    List<NodeState> listed(NodeId folder) {
        return listsNothing ? List.of() : children(folder);
    }

    boolean knows(String cursor) {
        return cursor.startsWith(epoch + ":");
    }

    /** The same, for one who says what it has seen. */
    OpResult apply(DeviceId device, OpBatch batch, Op op) {
        boolean strange = batch.seen() != null && !knows(batch.seen());
        return strange && !results.containsKey(new OpKey(device, op.sequence()))
                ? no(op, ProblemCode.CURSOR_RESET, null)
                : apply(device, batch.outstanding(), op);
    }

    /** Executes one operation; a rejection leaves no trace. */
    OpResult apply(DeviceId device, long outstanding, Op op) {
        OpKey key = new OpKey(device, op.sequence());
        lowest.merge(device, outstanding, Math::max);
        if (op.sequence() < lowest.getOrDefault(device, 0L)) {
            return no(op, ProblemCode.OP_EXPIRED, null);
        }
        OpResult known = results.get(key);
        if (known != null) {
            return known;
        }
        OpResult result = execute(device, op);
        if (result.done()) {
            if (!forgetsResults) {
                results.put(key, result);
            }
            opsDone++;
        }
        return result;
    }

    private OpResult execute(DeviceId device, Op op) {
        return switch (op) {
            case Op.CreateFolder create -> createFolder(device, create);
            case Op.CreateFile create -> createFile(device, create);
            case Op.CreateSymlink create -> createSymlink(device, create);
            case Op.PutContent put -> putContent(device, put);
            case Op.PutSymlink put -> putSymlink(device, put);
            case Op.Move move -> move(device, move);
            case Op.SetAttributes set -> setAttributes(device, set);
            case Op.Trash trash -> trash(device, trash);
            case Op.Restore restore -> restore(device, restore);
            case Op.RestoreVersion _, Op.Purge _ ->
                    new OpResult(op.sequence(), ProblemCode.INVALID, "not modelled", null);
        };
    }

    private static OpResult no(Op op, ProblemCode code, @Nullable NodeState current) {
        return new OpResult(op.sequence(), code, code.toString(), current);
    }

    private OpResult done(DeviceId device, Op op, ChangeKind kind, NodeState node) {
        NodeState before = nodes.put(node.node(), node);
        Place place = before == null ? null : new Place(before.parent(), before.name());
        Boolean confirmed = op instanceof Op.Trash trash ? trash.confirmed() : null;
        log.add(new Logged(new ChangeEntry(kind, node, place, confirmed), device));
        return new OpResult(op.sequence(), null, null, node);
    }

    private @Nullable OpResult checkNew(Op op, NodeId node, NodeId parent) {
        if (nodes.containsKey(node)) {
            return no(op, ProblemCode.ID_REUSED, null);
        }
        if (!takesBelowTrash && !live(parent)) {
            return no(op, ProblemCode.GONE, null);
        }
        return folder(parent) ? null : no(op, ProblemCode.INVALID, null);
    }

    private String freeName(NodeId parent, String name, DeviceId device) {
        int attempt = 1;
        String free = name;
        while (child(parent, free) != null) {
            String label = deviceNames.getOrDefault(device, "server");
            free = Names.conflictCopy(name, label, DAY, attempt++);
        }
        return free;
    }

    private OpResult createFolder(DeviceId device, Op.CreateFolder op) {
        OpResult refused = checkNew(op, op.node(), op.parent());
        NodeState taken = child(op.parent(), op.name());
        if (refused != null || taken != null) {
            return refused != null ? refused : no(op, ProblemCode.NAME_TAKEN, taken);
        }
        NodeState made =
                NodeStates.fresh(op.node(), op.parent(), op.name(), NodeKind.FOLDER, device);
        return done(device, op, ChangeKind.CREATED, made);
    }

    private OpResult createFile(DeviceId device, Op.CreateFile op) {
        OpResult refused = checkNew(op, op.node(), op.parent());
        List<ChunkRef> list = contents.get(op.content());
        if (refused != null) {
            return refused;
        }
        if (list == null || !list.stream().allMatch(chunk -> chunks.containsKey(chunk.hash()))) {
            return no(op, ProblemCode.CONTENT_INCOMPLETE, null);
        }
        NodeState taken = child(op.parent(), op.name());
        if (taken != null && op.onConflict() == OnConflict.REJECT) {
            return no(op, ProblemCode.NAME_TAKEN, taken);
        }
        return done(
                device,
                op,
                ChangeKind.CREATED,
                file(
                        NodeStates.fresh(
                                op.node(),
                                op.parent(),
                                freeName(op.parent(), op.name(), device),
                                NodeKind.FILE,
                                device),
                        1,
                        1,
                        list,
                        op.mtimeNanos(),
                        op.executable(),
                        taken == null ? null : taken.node()));
    }

    private NodeState file(
            NodeState base,
            long rev,
            long contentRev,
            List<ChunkRef> list,
            long mtimeNanos,
            boolean executable,
            @Nullable NodeId conflictOf) {
        versions.computeIfAbsent(base.node(), n -> new HashMap<>()).put(contentRev, list);
        return NodeStates.file(base, rev, contentRev, list, mtimeNanos, executable, conflictOf);
    }

    private OpResult createSymlink(DeviceId device, Op.CreateSymlink op) {
        OpResult refused = checkNew(op, op.node(), op.parent());
        if (refused != null) {
            return refused;
        }
        NodeState taken = child(op.parent(), op.name());
        NodeState base =
                NodeStates.fresh(
                        op.node(),
                        op.parent(),
                        freeName(op.parent(), op.name(), device),
                        NodeKind.SYMLINK,
                        device);
        return done(
                device,
                op,
                ChangeKind.CREATED,
                NodeStates.change(
                        base,
                        base.parent(),
                        base.name(),
                        1,
                        1,
                        op.target(),
                        false,
                        taken == null ? null : taken.node()));
    }

    private @Nullable OpResult checkLive(Op op, NodeId node) {
        if (!nodes.containsKey(node)) {
            return no(op, ProblemCode.NOT_FOUND, null);
        }
        return live(node) ? null : no(op, ProblemCode.GONE, null);
    }

    private OpResult putContent(DeviceId device, Op.PutContent op) {
        OpResult refused = checkLive(op, op.node());
        List<ChunkRef> list = contents.get(op.content());
        if (refused != null) {
            return refused;
        }
        if (list == null || !list.stream().allMatch(chunk -> chunks.containsKey(chunk.hash()))) {
            return no(op, ProblemCode.CONTENT_INCOMPLETE, null);
        }
        NodeState now = Objects.requireNonNull(nodes.get(op.node()));
        NodeId parent = Objects.requireNonNull(now.parent());
        if (overwrites || now.contentRev() == op.baseContentRev()) {
            return done(
                    device,
                    op,
                    ChangeKind.UPDATED,
                    file(
                            now,
                            now.rev() + 1,
                            now.contentRev() + 1,
                            list,
                            op.mtimeNanos(),
                            op.executable(),
                            now.conflictOf()));
        }
        NodeId copy = op.conflictNode();
        if (op.onConflict() == OnConflict.REJECT || copy == null) {
            return no(op, ProblemCode.CONFLICT, now);
        }
        String name = Names.conflictCopy(now.name(), deviceNames.getOrDefault(device, "x"), DAY, 1);
        NodeState base =
                NodeStates.fresh(
                        copy, parent, freeName(parent, name, device), NodeKind.FILE, device);
        return done(
                device,
                op,
                ChangeKind.CREATED,
                file(base, 1, 1, list, op.mtimeNanos(), op.executable(), op.node()));
    }

    private OpResult putSymlink(DeviceId device, Op.PutSymlink op) {
        OpResult refused = checkLive(op, op.node());
        NodeState now = nodes.get(op.node());
        if (refused != null || now == null) {
            return refused != null ? refused : no(op, ProblemCode.NOT_FOUND, null);
        }
        if (now.contentRev() != op.baseContentRev()) {
            return no(op, ProblemCode.CONFLICT, now);
        }
        return done(
                device,
                op,
                ChangeKind.UPDATED,
                NodeStates.change(
                        now,
                        now.parent(),
                        now.name(),
                        now.rev() + 1,
                        now.contentRev() + 1,
                        op.target(),
                        false,
                        now.conflictOf()));
    }

    private OpResult move(DeviceId device, Op.Move op) {
        OpResult refused = checkLive(op, op.node());
        NodeState now = nodes.get(op.node());
        if (refused != null || now == null) {
            return refused != null ? refused : no(op, ProblemCode.NOT_FOUND, null);
        }
        if (!op.baseParent().equals(now.parent()) || !op.baseName().equals(now.name())) {
            return no(op, ProblemCode.CONFLICT, now);
        }
        if (!live(op.parent())) {
            return no(op, ProblemCode.GONE, null);
        }
        if (within(op.parent(), op.node())) {
            return no(op, ProblemCode.CYCLE, now);
        }
        NodeState taken = child(op.parent(), op.name());
        boolean other = taken != null && !taken.node().equals(op.node());
        if (other && op.onConflict() == OnConflict.REJECT) {
            return no(op, ProblemCode.NAME_TAKEN, taken);
        }
        String name = other ? freeName(op.parent(), op.name(), device) : op.name();
        return done(device, op, ChangeKind.MOVED, NodeStates.placed(now, op.parent(), name, false));
    }

    private OpResult setAttributes(DeviceId device, Op.SetAttributes op) {
        OpResult refused = checkLive(op, op.node());
        NodeState now = nodes.get(op.node());
        if (refused != null || now == null) {
            return refused != null ? refused : no(op, ProblemCode.NOT_FOUND, null);
        }
        return done(
                device,
                op,
                ChangeKind.ATTRIBUTES,
                file(
                        now,
                        now.rev() + 1,
                        now.contentRev(),
                        chunksOf(now.node(), now.contentRev()),
                        op.mtimeNanos(),
                        op.executable(),
                        now.conflictOf()));
    }

    private OpResult trash(DeviceId device, Op.Trash op) {
        OpResult refused = checkLive(op, op.node());
        NodeState now = nodes.get(op.node());
        if (refused != null || now == null) {
            return refused != null ? refused : no(op, ProblemCode.NOT_FOUND, null);
        }
        if (!trashesUnseen
                && op.baseContentRev() != null
                && op.baseContentRev() != now.contentRev()) {
            return no(op, ProblemCode.CONFLICT, now);
        }
        if (!trashesUnseen && op.seen() != null && unseen(device, op)) {
            return no(op, ProblemCode.UNSEEN_CHANGES, now);
        }
        return done(
                device,
                op,
                ChangeKind.TRASHED,
                NodeStates.placed(now, now.parent(), now.name(), true));
    }

    private boolean unseen(DeviceId device, Op.Trash op) {
        String cursor = Objects.requireNonNull(op.seen());
        if (!knows(cursor)) {
            return true;
        }
        int seen = position(cursor);
        return log.stream()
                .skip(seen)
                .anyMatch(one ->
                        !one.device.equals(device) && within(one.entry.node().node(), op.node()));
    }

    /** The position that a cursor names. */
    int position(String cursor) {
        return Integer.parseInt(cursor.substring(cursor.indexOf(':') + 1));
    }

    private OpResult restore(DeviceId device, Op.Restore op) {
        NodeState now = nodes.get(op.node());
        if (now == null) {
            return no(op, ProblemCode.NOT_FOUND, null);
        }
        if (!now.trashed()) {
            return no(op, ProblemCode.CONFLICT, now);
        }
        NodeId parent = op.parent() == null ? Objects.requireNonNull(now.parent()) : op.parent();
        String name = op.name() == null ? now.name() : op.name();
        if (!live(parent) || within(parent, op.node())) {
            return no(op, ProblemCode.GONE, null);
        }
        return done(
                device,
                op,
                ChangeKind.RESTORED,
                NodeStates.placed(now, parent, freeName(parent, name, device), false));
    }
}
