package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How each file stands, as far as was observed.
 *
 * @param files by path
 * @param leftOut how many more there are
 */
record FileStates(List<Entry> files, int leftOut) {
    /**
     * One file, folder or link.
     *
     * @param state in-step, to-send, to-fetch, to-delete-here, to-delete-there, to-move, changed or
     *     waiting
     * @param reason in words for a person
     */
    record Entry(String path, String state, String reason) {}

    FileStates {
        files = List.copyOf(files);
    }

    /**
     * Finds out.
     *
     * @param waiting by path, why the client could not do what is to be done
     * @param all whether to name what is in step
     */
    static FileStates of(Trees trees, Map<String, String> waiting, boolean all, int limit) {
        Map<String, Entry> found = new LinkedHashMap<>();
        for (NodeId node : trees.unsettled()) {
            String path = path(trees, node);
            if (path != null && !path.isEmpty()) {
                found.put(path, entry(trees, node, path));
            }
        }
        waiting.forEach((path, why) -> found.put(path, new Entry(path, "waiting", why)));
        if (all) {
            for (LocalNode node : trees.local().all()) {
                String path = trees.settled(node.node()) ? trees.local().path(node.node()) : null;
                if (path != null && !path.isEmpty()) {
                    found.putIfAbsent(
                            path, new Entry(path, "in-step", "disk and server agree on it"));
                }
            }
        }
        List<Entry> sorted = new ArrayList<>(found.values());
        sorted.sort(Comparator.comparing(Entry::path));
        int shown = Math.min(limit, sorted.size());
        return new FileStates(sorted.subList(0, shown), sorted.size() - shown);
    }

    private static @Nullable String path(Trees trees, NodeId node) {
        String path = trees.local().path(node);
        if (path == null) {
            path = trees.remote().path(node);
        }
        return path == null ? trees.synced().path(node) : path;
    }

    private static Entry entry(Trees trees, NodeId node, String path) {
        RemoteNode r = trees.remote().get(node);
        LocalNode l = trees.local().get(node);
        SyncedNode s = trees.synced().get(node);
        if (l == null && r == null) {
            return new Entry(path, "changed", "it is gone on both sides");
        }
        if (l == null) {
            return s == null
                    ? new Entry(path, "to-fetch", "it is new on the server")
                    : new Entry(path, "to-delete-there", "it was deleted here");
        }
        if (r == null) {
            return s == null
                    ? new Entry(path, "to-send", "it is new here")
                    : new Entry(path, "to-delete-here", "it was deleted on another device");
        }
        if (s == null) {
            return new Entry(path, "changed", "both sides have it; they are compared");
        }
        return both(path, r, l, s);
    }

    private static Entry both(String path, RemoteNode r, LocalNode l, SyncedNode s) {
        boolean there = r.contentRev() != s.contentRev();
        boolean here =
                l.contentHash() == null || l.racy() || !l.contentHash().equals(s.contentHash());
        boolean file = !s.folder() && l.target() == null;
        if (file && there && here) {
            return new Entry(path, "changed", "it changed on both sides; both are kept");
        }
        if (file && here) {
            return new Entry(path, "to-send", "it changed here");
        }
        if (there) {
            return new Entry(path, "to-fetch", "it changed on the server");
        }
        if (!l.samePlace(s) || !r.samePlace(s)) {
            return new Entry(path, "to-move", "it was moved or renamed on one side");
        }
        return new Entry(path, "changed", "its attributes or its target changed");
    }
}
