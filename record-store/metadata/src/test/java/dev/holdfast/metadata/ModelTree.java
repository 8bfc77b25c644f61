package dev.holdfast.metadata;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a namespace's tree should be: the contract of {@link Op} without records or transactions.
 */
final class ModelTree {
    final Map<NodeId, NodeState> nodes = new LinkedHashMap<>();
    final List<Changed> log = new ArrayList<>();
    final Map<NodeId, TreeMap<Long, Content>> versions = new HashMap<>();
    final Map<NodeId, NodeState> purged = new HashMap<>();
    final NodeId root;
    private final LocalDate today;

    /** One change, for the question what a device has not seen. */
    record Changed(DeviceId device, NodeId node, boolean adds) {}

    /** What a content is to the tree. */
    record Content(
            long size,
            int chunks,
            @Nullable Sha256 hash,
            long mtime,
            boolean exec,
            @Nullable String target) {}

    /** What an operation should come to. */
    record Expected(@Nullable ProblemCode code, @Nullable NodeState node) {}

    ModelTree(NodeState root, LocalDate today) {
        this.root = root.node();
        this.today = today;
        nodes.put(root.node(), root);
    }

    /** Executes an operation of a device that had read so many entries of the log. */
    Expected apply(DeviceId device, String deviceName, Op op, @Nullable Content content, int seen) {
        return switch (op) {
            case Op.CreateFolder o ->
                    create(
                            device,
                            deviceName,
                            o.node(),
                            o.parent(),
                            o.name(),
                            OnConflict.REJECT,
                            NodeKind.FOLDER,
                            null);
            case Op.CreateFile o ->
                    create(
                            device,
                            deviceName,
                            o.node(),
                            o.parent(),
                            o.name(),
                            o.onConflict(),
                            NodeKind.FILE,
                            content);
            case Op.CreateSymlink o ->
                    create(
                            device,
                            deviceName,
                            o.node(),
                            o.parent(),
                            o.name(),
                            o.onConflict(),
                            NodeKind.SYMLINK,
                            new Content(0, 0, null, 0, false, o.target()));
            case Op.PutContent o -> put(device, deviceName, o, Objects.requireNonNull(content));
            case Op.PutSymlink o -> putSymlink(device, o);
            case Op.Move o -> move(device, deviceName, o);
            case Op.SetAttributes o -> setAttributes(device, o);
            case Op.Trash o -> trash(device, o, seen);
            case Op.Restore o -> restore(device, deviceName, o);
            case Op.RestoreVersion o -> restoreVersion(device, o);
            case Op.Purge o -> purge(device, o);
        };
    }

    private static Expected no(ProblemCode code) {
        return new Expected(code, null);
    }

    @Nullable NodeState child(NodeId parent, String name) {
        String key = Names.nameKey(name);
        return nodes.values().stream()
                .filter(n -> parent.equals(n.parent()) && !n.trashed())
                .filter(n -> Names.nameKey(n.name()).equals(key))
                .findFirst()
                .orElse(null);
    }

    boolean live(NodeId id) {
        NodeState at = nodes.get(id);
        while (at != null && !at.trashed()) {
            if (at.parent() == null) {
                return true;
            }
            at = nodes.get(at.parent());
        }
        return false;
    }

    boolean within(NodeId id, NodeId folder) {
        NodeState at = nodes.get(id);
        while (at != null) {
            if (at.node().equals(folder)) {
                return true;
            }
            at = at.parent() == null ? null : nodes.get(at.parent());
        }
        return false;
    }

    int depth(NodeId id) {
        int depth = 0;
        for (NodeState at = nodes.get(id); at != null && at.parent() != null; depth++) {
            at = nodes.get(at.parent());
        }
        return depth;
    }

    private @Nullable ProblemCode nodeFault(NodeId id) {
        return !nodes.containsKey(id) ? ProblemCode.NOT_FOUND : live(id) ? null : ProblemCode.GONE;
    }

    private @Nullable ProblemCode folderFault(NodeId id) {
        NodeState folder = nodes.get(id);
        if (folder == null) {
            return ProblemCode.NOT_FOUND;
        }
        if (folder.kind() != NodeKind.FOLDER) {
            return ProblemCode.INVALID;
        }
        return !live(id)
                ? ProblemCode.GONE
                : depth(id) + 1 > Limits.DEPTH_MAX ? ProblemCode.TOO_DEEP : null;
    }

    private String copyName(NodeId parent, String name, String deviceName, NodeId self) {
        for (int attempt = 1; ; attempt++) {
            String copy = Names.conflictCopy(name, deviceName, today, attempt);
            NodeState holder = child(parent, copy);
            if (holder == null || holder.node().equals(self)) {
                return copy;
            }
        }
    }

    private Expected done(DeviceId device, NodeState after, boolean adds) {
        nodes.put(after.node(), after);
        log.add(new Changed(device, after.node(), adds));
        return new Expected(null, after);
    }

    private Expected create(
            DeviceId device,
            String deviceName,
            NodeId id,
            NodeId parent,
            String name,
            OnConflict onConflict,
            NodeKind kind,
            @Nullable Content content) {
        if (!Names.valid(name)) {
            return no(ProblemCode.INVALID);
        }
        if (nodes.containsKey(id) || purged.containsKey(id)) {
            return no(ProblemCode.ID_REUSED);
        }
        ProblemCode fault = folderFault(parent);
        if (fault != null) {
            return no(fault);
        }
        NodeState holder = child(parent, name);
        if (holder != null && onConflict == OnConflict.REJECT) {
            return no(ProblemCode.NAME_TAKEN);
        }
        String free = holder == null ? name : copyName(parent, name, deviceName, id);
        return done(device, fresh(device, id, parent, free, kind, content, holder), true);
    }

    private static NodeState fresh(
            DeviceId device,
            NodeId id,
            NodeId parent,
            String name,
            NodeKind kind,
            @Nullable Content content,
            @Nullable NodeState conflictOf) {
        return new NodeState(
                id,
                parent,
                name,
                kind,
                1,
                kind == NodeKind.FOLDER ? 0 : 1,
                content == null ? 0 : content.size(),
                content == null ? 0 : content.chunks(),
                content == null ? null : content.hash(),
                content == null ? 0 : content.mtime(),
                content != null && content.exec(),
                content == null ? null : content.target(),
                false,
                conflictOf == null ? null : conflictOf.node(),
                device);
    }

    private static Content contentOf(NodeState n) {
        return new Content(
                n.size(),
                n.chunkCount(),
                n.contentHash(),
                n.mtimeNanos(),
                n.executable(),
                n.target());
    }

    private NodeState withContent(DeviceId device, NodeState n, Content c) {
        versions.computeIfAbsent(n.node(), _ -> new TreeMap<>()).put(n.contentRev(), contentOf(n));
        return new NodeState(
                n.node(),
                n.parent(),
                n.name(),
                n.kind(),
                n.rev() + 1,
                n.contentRev() + 1,
                c.size(),
                c.chunks(),
                c.hash(),
                c.mtime(),
                c.exec(),
                c.target(),
                false,
                n.conflictOf(),
                device);
    }

    private static NodeState placed(
            DeviceId device,
            NodeState n,
            NodeId parent,
            String name,
            boolean trashed,
            @Nullable NodeId conflictOf) {
        return new NodeState(
                n.node(),
                parent,
                name,
                n.kind(),
                n.rev() + 1,
                n.contentRev(),
                n.size(),
                n.chunkCount(),
                n.contentHash(),
                n.mtimeNanos(),
                n.executable(),
                n.target(),
                trashed,
                conflictOf,
                device);
    }

    private Expected put(DeviceId device, String deviceName, Op.PutContent op, Content content) {
        ProblemCode fault = nodeFault(op.node());
        if (fault != null) {
            return no(fault);
        }
        NodeState node = Objects.requireNonNull(nodes.get(op.node()));
        if (node.kind() != NodeKind.FILE) {
            return no(ProblemCode.INVALID);
        }
        if (node.contentRev() == op.baseContentRev()) {
            return done(device, withContent(device, node, content), true);
        }
        if (op.onConflict() == OnConflict.REJECT) {
            return no(ProblemCode.CONFLICT);
        }
        NodeId copy = op.conflictNode();
        if (copy == null) {
            return no(ProblemCode.INVALID);
        }
        if (nodes.containsKey(copy) || purged.containsKey(copy)) {
            return no(ProblemCode.ID_REUSED);
        }
        NodeId parent = Objects.requireNonNull(node.parent());
        String name = copyName(parent, node.name(), deviceName, copy);
        return done(device, fresh(device, copy, parent, name, NodeKind.FILE, content, node), true);
    }

    private Expected putSymlink(DeviceId device, Op.PutSymlink op) {
        ProblemCode fault = nodeFault(op.node());
        NodeState node = nodes.get(op.node());
        if (fault != null || node == null) {
            return no(fault == null ? ProblemCode.NOT_FOUND : fault);
        }
        return node.kind() != NodeKind.SYMLINK
                ? no(ProblemCode.INVALID)
                : node.contentRev() != op.baseContentRev()
                        ? no(ProblemCode.CONFLICT)
                        : done(
                                device,
                                withContent(
                                        device,
                                        node,
                                        new Content(0, 0, null, 0, false, op.target())),
                                true);
    }

    private Expected move(DeviceId device, String deviceName, Op.Move op) {
        if (!Names.valid(op.name())) {
            return no(ProblemCode.INVALID);
        }
        ProblemCode fault = nodeFault(op.node());
        if (fault != null) {
            return no(fault);
        }
        NodeState node = Objects.requireNonNull(nodes.get(op.node()));
        if (node.parent() == null) {
            return no(ProblemCode.INVALID);
        }
        if (!node.parent().equals(op.baseParent()) || !node.name().equals(op.baseName())) {
            return no(ProblemCode.CONFLICT);
        }
        ProblemCode target = folderFault(op.parent());
        if (target != null) {
            return no(target);
        }
        if (within(op.parent(), op.node())) {
            return no(ProblemCode.CYCLE);
        }
        NodeState holder = child(op.parent(), op.name());
        boolean taken = holder != null && !holder.node().equals(op.node());
        if (taken && op.onConflict() == OnConflict.REJECT) {
            return no(ProblemCode.NAME_TAKEN);
        }
        String name = taken ? copyName(op.parent(), op.name(), deviceName, op.node()) : op.name();
        if (op.parent().equals(node.parent()) && name.equals(node.name())) {
            return new Expected(null, node);
        }
        NodeId conflictOf = taken ? Objects.requireNonNull(holder).node() : null;
        return done(device, placed(device, node, op.parent(), name, false, conflictOf), true);
    }

    private Expected setAttributes(DeviceId device, Op.SetAttributes op) {
        ProblemCode fault = nodeFault(op.node());
        if (fault != null) {
            return no(fault);
        }
        NodeState n = Objects.requireNonNull(nodes.get(op.node()));
        if (n.kind() != NodeKind.FILE) {
            return no(ProblemCode.INVALID);
        }
        if (n.mtimeNanos() == op.mtimeNanos() && n.executable() == op.executable()) {
            return new Expected(null, n);
        }
        return done(
                device,
                new NodeState(
                        n.node(),
                        n.parent(),
                        n.name(),
                        n.kind(),
                        n.rev() + 1,
                        n.contentRev(),
                        n.size(),
                        n.chunkCount(),
                        n.contentHash(),
                        op.mtimeNanos(),
                        op.executable(),
                        null,
                        false,
                        n.conflictOf(),
                        device),
                true);
    }

    private Expected trash(DeviceId device, Op.Trash op, int seen) {
        ProblemCode fault = nodeFault(op.node());
        if (fault != null) {
            return no(fault);
        }
        NodeState node = Objects.requireNonNull(nodes.get(op.node()));
        if (node.parent() == null) {
            return no(ProblemCode.INVALID);
        }
        if (node.kind() == NodeKind.FOLDER) {
            if (op.seen() == null) {
                return no(ProblemCode.INVALID);
            }
            for (Changed changed : log.subList(seen, log.size())) {
                NodeState now = nodes.get(changed.node());
                if (!changed.device().equals(device)
                        && changed.adds()
                        && now != null
                        && !now.trashed()
                        && !changed.node().equals(op.node())
                        && within(changed.node(), op.node())) {
                    return no(ProblemCode.UNSEEN_CHANGES);
                }
            }
        } else if (op.baseContentRev() == null) {
            return no(ProblemCode.INVALID);
        } else if (op.baseContentRev() != node.contentRev()) {
            return no(ProblemCode.CONFLICT);
        }
        return done(
                device,
                placed(device, node, node.parent(), node.name(), true, node.conflictOf()),
                false);
    }

    private Expected restore(DeviceId device, String deviceName, Op.Restore op) {
        NodeState node = nodes.get(op.node());
        if (node == null) {
            return no(ProblemCode.NOT_FOUND);
        }
        if (!node.trashed()) {
            return no(ProblemCode.CONFLICT);
        }
        NodeId to = op.parent() == null ? Objects.requireNonNull(node.parent()) : op.parent();
        String name = op.name() == null ? node.name() : op.name();
        if (!Names.valid(name)) {
            return no(ProblemCode.INVALID);
        }
        if (nodes.containsKey(to) && within(to, node.node())) {
            return no(ProblemCode.CYCLE);
        }
        ProblemCode fault = folderFault(to);
        if (fault != null) {
            return no(fault);
        }
        String free = child(to, name) == null ? name : copyName(to, name, deviceName, node.node());
        return done(device, placed(device, node, to, free, false, node.conflictOf()), true);
    }

    private Expected restoreVersion(DeviceId device, Op.RestoreVersion op) {
        ProblemCode fault = nodeFault(op.node());
        if (fault != null) {
            return no(fault);
        }
        NodeState node = Objects.requireNonNull(nodes.get(op.node()));
        if (node.contentRev() != op.baseContentRev()) {
            return no(ProblemCode.CONFLICT);
        }
        if (op.contentRev() == node.contentRev() && node.contentRev() > 0) {
            return new Expected(null, node);
        }
        Content old = versions.getOrDefault(op.node(), new TreeMap<>()).get(op.contentRev());
        return old == null
                ? no(ProblemCode.NOT_FOUND)
                : done(device, withContent(device, node, old), true);
    }

    private Expected purge(DeviceId device, Op.Purge op) {
        NodeState node = nodes.get(op.node());
        if (node == null) {
            return no(ProblemCode.NOT_FOUND);
        }
        if (!node.trashed()) {
            return no(ProblemCode.CONFLICT);
        }
        remove(node);
        log.add(new Changed(device, node.node(), false));
        return new Expected(null, null);
    }

    /** What is below and not in the trash itself goes too. */
    private void remove(NodeState node) {
        for (NodeState child : List.copyOf(nodes.values())) {
            if (node.node().equals(child.parent()) && !child.trashed()) {
                remove(child);
            }
        }
        nodes.remove(node.node());
        versions.remove(node.node());
        purged.put(node.node(), node);
    }
}
