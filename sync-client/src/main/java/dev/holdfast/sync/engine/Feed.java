package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings the remote tree up to the head of the feed. The tree holds live nodes only: what goes into
 * the trash leaves it with all below, and what comes back is listed anew.
 */
final class Feed {
    static final String CURSOR = "cursor";
    private static final long ACKNOWLEDGE_MILLIS = 30_000;

    private final Context context;
    private final Trees trees;
    private final TreeSteps treeSteps;
    private final Brake brake;

    /**
     * What pages have named since the tree was last whole. A pull that was cut off leaves them
     * behind: one of them may hang below a folder of which only a later page tells.
     */
    private final Set<NodeId> touched = new HashSet<>();

    private @Nullable String cursor;
    private @Nullable String acknowledged;
    private long acknowledgedAtMillis;

    Feed(Context context, Trees trees, TreeSteps treeSteps, Brake brake) {
        this.context = context;
        this.trees = trees;
        this.treeSteps = treeSteps;
        this.brake = brake;
        this.cursor = context.store().setting(CURSOR);
    }

    /** Up to where the remote tree is known; null before the first pull. */
    @Nullable String cursor() {
        return cursor;
    }

    /** Reads to the head. Afterwards the remote tree is what the server had at one moment. */
    void pull() throws IOException {
        try {
            advance();
        } catch (RefusedException e) {
            if (e.code() != ProblemCode.CURSOR_RESET) {
                throw e;
            }
            reset();
            advance();
        }
    }

    private void advance() throws IOException {
        boolean more = true;
        boolean all = cursor == null;
        if (all) {
            // What an earlier attempt read may be gone by now.
            reset();
        }
        while (more) {
            ChangesPage page = context.server().changes(context.namespace(), cursor, 0);
            boolean first = cursor == null;
            List<NodeId> toList = new ArrayList<>();
            for (ChangeEntry entry : page.entries()) {
                apply(entry, first, toList);
                touched.add(entry.node().node());
            }
            listAll(toList);
            boolean news = !page.cursor().equals(cursor);
            more = page.hasMore();
            if (news && (!first || !more)) {
                cursor = page.cursor();
            }
            if (first && more) {
                stage(page.cursor());
                more = false;
            }
        }
        dropUnattached();
        if (all) {
            // In the same write as the cursor: with the new cursor and the old bases, what the
            // server has lost would count as deleted there.
            merge();
        }
        Map<String, Optional<String>> settings = new HashMap<>(brake.settings());
        settings.put(CURSOR, Optional.ofNullable(cursor));
        context.store().write(trees.takeChanges(), settings);
    }

    /** A first sync: nothing is written until all pages are here. */
    private void stage(String from) throws IOException {
        String at = from;
        boolean more = true;
        while (more) {
            ChangesPage page = context.server().changes(context.namespace(), at, 0);
            for (ChangeEntry entry : page.entries()) {
                apply(entry, true, new ArrayList<>());
                touched.add(entry.node().node());
            }
            at = page.cursor();
            more = page.hasMore();
        }
        cursor = at;
    }

    private void apply(ChangeEntry entry, boolean first, List<NodeId> toList) {
        NodeState state = entry.node();
        NodeId node = state.node();
        if (node.equals(trees.root())) {
            return;
        }
        if (state.trashed() || entry.kind() == ChangeKind.PURGED) {
            if (Boolean.TRUE.equals(entry.confirmed())) {
                brake.confirmedElsewhere(filesHere(node));
            }
            forget(node);
            return;
        }
        RemoteNode next = RemoteNode.of(state);
        boolean unknown = !trees.remote().has(node);
        trees.putRemote(next);
        if (next.folder()
                && !first
                && (entry.kind() == ChangeKind.RESTORED
                        || (unknown && entry.kind() != ChangeKind.CREATED))) {
            toList.add(node);
        }
    }

    /** Files of a trashed folder, or the file itself, that this device still has. */
    private int filesHere(NodeId top) {
        int files = 0;
        for (RemoteNode gone : trees.remote().subtree(top)) {
            files += !gone.folder() && trees.local().has(gone.node()) ? 1 : 0;
        }
        return files;
    }

    /**
     * Where one of them could not be listed none of them is known: the page is read again, and then
     * each has to count as one that came back.
     */
    private void listAll(List<NodeId> folders) throws IOException {
        boolean listed = false;
        try {
            for (NodeId folder : folders) {
                list(folder);
            }
            listed = true;
        } finally {
            if (!listed) {
                folders.forEach(this::forget);
            }
        }
    }

    /** Lists what lies below a folder that came back. */
    private void list(NodeId top) throws IOException {
        Deque<NodeId> todo = new ArrayDeque<>();
        todo.add(top);
        while (!todo.isEmpty()) {
            NodeId folder = todo.removeFirst();
            String after = null;
            boolean more = true;
            while (more) {
                NodeList page;
                try {
                    page = context.server().children(context.namespace(), folder, after);
                } catch (RefusedException e) {
                    if (e.code() == ProblemCode.NOT_FOUND || e.code() == ProblemCode.GONE) {
                        // It went again; a later entry of the feed says so.
                        break;
                    }
                    throw e;
                }
                for (NodeState state : page.nodes()) {
                    if (!state.trashed()) {
                        trees.putRemote(RemoteNode.of(state));
                        touched.add(state.node());
                        if (RemoteNode.of(state).folder()) {
                            todo.add(state.node());
                        }
                    }
                }
                after = page.next();
                more = after != null;
            }
        }
    }

    private void dropUnattached() {
        for (NodeId node : touched) {
            if (trees.remote().has(node) && trees.remote().depth(node) < 0) {
                forget(node);
            }
        }
        touched.clear();
    }

    private void forget(NodeId top) {
        for (RemoteNode gone : trees.remote().subtree(top)) {
            trees.removeRemote(gone.node());
        }
    }

    /** Forgets the remote tree. Until it was read again as a whole there is no cursor. */
    private void reset() {
        cursor = null;
        for (RemoteNode node : List.copyOf(trees.remote().all())) {
            trees.removeRemote(node.node());
        }
        context.store().write(trees.takeChanges(), Map.of(CURSOR, Optional.empty()));
    }

    /**
     * After it was read as a whole: the server may be older than what was agreed, or know nothing
     * of it. A base that the server does not confirm is dropped, so that nothing is taken for
     * deleted or outdated.
     */
    private void merge() {
        for (SyncedNode s : List.copyOf(trees.synced().all())) {
            if (s.parent() == null) {
                continue;
            }
            RemoteNode r = trees.remote().get(s.node());
            LocalNode l = trees.local().get(s.node());
            boolean confirmed =
                    r != null
                            && r.contentRev() == s.contentRev()
                            && Objects.equals(r.contentHash(), s.contentHash())
                            && Objects.equals(r.target(), s.target());
            if (!confirmed) {
                trees.removeSynced(s.node());
                if (r == null && l != null) {
                    treeSteps.renew(s.node());
                }
            }
        }
    }

    /**
     * Tells the server how far this device is; worth nothing when it fails. In a burst of changes
     * it is told now and then: nobody decides anything by it.
     */
    void acknowledge() throws IOException {
        String at = cursor;
        long age = context.clock().millis() - acknowledgedAtMillis;
        boolean due = acknowledged == null || age < 0 || age >= ACKNOWLEDGE_MILLIS;
        if (at != null && due && !at.equals(acknowledged)) {
            context.server().acknowledge(context.namespace(), at);
            acknowledged = at;
            acknowledgedAtMillis = context.clock().millis();
        }
    }
}
