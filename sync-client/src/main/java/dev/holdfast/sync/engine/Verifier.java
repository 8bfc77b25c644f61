package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.sync.disk.DiskEntry;
import dev.holdfast.sync.tree.NodeTree;
import dev.holdfast.sync.tree.RemoteNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Proves that the disk equals the server: reads every byte on the disk and a fresh listing from the
 * server, trusting nothing that the client remembers.
 */
public final class Verifier {
    /**
     * What was found.
     *
     * @param diskRoot one hash over everything on the disk that is synced
     * @param serverRoot one hash over everything on the server; equal trees have equal roots
     * @param cursor the moment of the server's listing
     * @param differences by path, in words
     * @param ignored paths that this device leaves alone
     */
    public record Result(
            Sha256 diskRoot,
            Sha256 serverRoot,
            String cursor,
            int entries,
            Map<String, String> differences,
            List<String> ignored) {
        public Result {
            differences = new TreeMap<>(differences);
            ignored = List.copyOf(ignored);
        }
    }

    /** What counts when two entries are compared. */
    private record Item(
            NodeKind kind,
            @Nullable Sha256 contentHash,
            long mtimeNanos,
            boolean executable,
            @Nullable String target) {
        String difference(Item other) {
            if (kind != other.kind) {
                return "is a " + kind + " on the disk, a " + other.kind + " on the server";
            }
            if (contentHash != null && !contentHash.equals(other.contentHash)) {
                return "has another content";
            }
            if (target != null && !target.equals(other.target)) {
                return "points elsewhere";
            }
            if (mtimeNanos != other.mtimeNanos) {
                return "has another modification time";
            }
            return "differs in its executable bit";
        }
    }

    private final Context context;
    private final FileHasher hasher;
    private final Map<String, Item> onDisk = new TreeMap<>();
    private final Map<String, String> differences = new TreeMap<>();
    private final List<String> ignored = new ArrayList<>();

    private Verifier(Context context) {
        this.context = context;
        this.hasher = new FileHasher(context.disk(), context.clock());
    }

    /** Compares; reads the whole folder, so it takes as long as that takes. */
    public static Result verify(Context context) throws IOException {
        return new Verifier(context).run();
    }

    private Result run() throws IOException {
        context.disk().check();
        NodeTree<RemoteNode> remote = new NodeTree<>(UnaryOperator.identity());
        String cursor = list(remote);
        context.progress().doing("reading the folder", 0);
        read("");
        Map<String, Item> onServer = new TreeMap<>();
        for (RemoteNode node : remote.all()) {
            String path = remote.path(node.node());
            if (path == null || path.isEmpty()) {
                continue;
            }
            if (context.naming().ignored(path, node.folder())) {
                ignored.add(path);
            } else {
                onServer.put(path, item(node));
            }
        }
        compare(onServer);
        return new Result(
                root(onDisk), root(onServer), cursor, onDisk.size(), differences, ignored);
    }

    private static Item item(RemoteNode node) {
        boolean file = node.kind() == NodeKind.FILE;
        return new Item(
                node.kind(),
                node.contentHash(),
                file ? node.mtimeNanos() : 0,
                file && node.executable(),
                node.kind() == NodeKind.SYMLINK ? node.target() : null);
    }

    private void compare(Map<String, Item> onServer) {
        TreeSet<String> paths = new TreeSet<>(onDisk.keySet());
        paths.addAll(onServer.keySet());
        for (String path : paths) {
            Item here = onDisk.get(path);
            Item there = onServer.get(path);
            if (here == null) {
                differences.putIfAbsent(path, "is on the server only");
            } else if (there == null) {
                differences.putIfAbsent(path, "is on the disk only");
            } else if (!here.equals(there)) {
                differences.putIfAbsent(path, here.difference(there));
            }
        }
    }

    private String list(NodeTree<RemoteNode> remote) throws IOException {
        context.progress().doing("listing the server", 0);
        NodeId root = NodeId.rootOf(context.namespace());
        remote.put(RemoteNode.root(root));
        String cursor = null;
        boolean more = true;
        while (more) {
            ChangesPage page = context.server().changes(context.namespace(), cursor, 0);
            for (ChangeEntry entry : page.entries()) {
                NodeState state = entry.node();
                if (state.trashed() || entry.kind() == ChangeKind.PURGED) {
                    remote.remove(state.node());
                } else if (!state.node().equals(root)) {
                    remote.put(RemoteNode.of(state));
                }
            }
            cursor = page.cursor();
            more = page.hasMore();
        }
        return String.valueOf(cursor);
    }

    private void read(String folder) throws IOException {
        List<DiskEntry> entries = context.disk().list(folder);
        if (entries == null) {
            return;
        }
        for (DiskEntry entry : entries) {
            String path = folder.isEmpty() ? entry.name() : folder + '/' + entry.name();
            NodeKind kind = entry.kind();
            if (context.naming().ignored(path, kind == NodeKind.FOLDER)) {
                ignored.add(path);
            } else if (kind == null) {
                differences.put(path, "cannot be synced: its name or its kind is not supported");
            } else {
                take(path, entry, kind);
            }
        }
    }

    private void take(String path, DiskEntry entry, NodeKind kind) throws IOException {
        switch (kind) {
            case FOLDER -> {
                onDisk.put(path, new Item(kind, null, 0, false, null));
                read(path);
            }
            case SYMLINK -> onDisk.put(path, new Item(kind, null, 0, false, entry.target()));
            case FILE -> {
                FileDigest digest = hasher.digest(path);
                if (digest == null) {
                    differences.put(path, "changed while it was read");
                } else {
                    onDisk.put(
                            path,
                            new Item(
                                    kind,
                                    digest.contentHash(),
                                    digest.print().mtime(),
                                    digest.executable(),
                                    null));
                }
            }
        }
    }

    private static Sha256 root(Map<String, Item> items) {
        MessageDigest digest = Sha256.newDigest();
        for (Map.Entry<String, Item> one : items.entrySet()) {
            Item item = one.getValue();
            String text =
                    String.join(
                            "\0",
                            one.getKey(),
                            item.kind.name(),
                            String.valueOf(item.contentHash),
                            Long.toString(item.mtimeNanos),
                            Boolean.toString(item.executable),
                            String.valueOf(item.target));
            digest.update(Sha256.hash(text.getBytes(StandardCharsets.UTF_8)).toBytes());
        }
        return Sha256.of(digest.digest());
    }
}
