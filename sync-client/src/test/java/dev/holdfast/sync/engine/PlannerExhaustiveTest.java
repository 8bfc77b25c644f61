package dev.holdfast.sync.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.plan.Plan;
import dev.holdfast.sync.plan.Planner;
import dev.holdfast.sync.plan.Scope;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.NodeTree;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.TreeNode;
import dev.holdfast.sync.tree.Trees;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every triple of trees over two nodes, two names and two contents, whether or not anybody could
 * get there: the plan comes to an end, is the same each time, invents nothing, and removes no
 * content that the one who removes it had not seen.
 */
class PlannerExhaustiveTest {
    private static final NodeId ROOT = node(0);
    private static final NodeId ONE = node(1);
    private static final NodeId TWO = node(2);
    private static final int ROUNDS_MAX = 12;

    /** What a tree says about a node; content 0 stands for a folder. */
    private record Spot(NodeId node, NodeId parent, String name, int content) {}

    private static final Scope ALL =
            new Scope() {
                @Override
                public boolean ignored(String path, boolean folder) {
                    return false;
                }

                @Override
                public boolean takesAll() {
                    return true;
                }

                @Override
                public String conflictName(String name, int attempt) {
                    return name + " copy " + attempt;
                }

                @Override
                public boolean waits(NodeId node) {
                    return false;
                }
            };

    private long fresh = 100;
    private int checked;

    private static NodeId node(long number) {
        return new NodeId(new Id128(3, number));
    }

    private static Sha256 hash(int content) {
        return new Sha256(content, 0, 0, 0);
    }

    private static List<@Nullable Spot> spots(NodeId node, boolean folder, List<NodeId> parents) {
        List<@Nullable Spot> spots = new ArrayList<>();
        spots.add(null);
        for (NodeId parent : parents) {
            for (String name : List.of("a", "b")) {
                for (int content = folder ? 0 : 1; content <= (folder ? 0 : 2); content++) {
                    spots.add(new Spot(node, parent, name, content));
                }
            }
        }
        return spots;
    }

    /** False where both would have one place, or the second would hang in nothing. */
    private static boolean possible(@Nullable Spot one, @Nullable Spot two) {
        boolean hangs = two == null || two.parent.equals(ROOT) || one != null;
        boolean apart =
                one == null
                        || two == null
                        || !one.parent.equals(two.parent)
                        || !one.name.equals(two.name);
        return hangs && apart;
    }

    private static void remote(Trees trees, @Nullable Spot spot) {
        if (spot != null) {
            trees.putRemote(
                    new RemoteNode(
                            spot.node,
                            spot.parent,
                            spot.name,
                            spot.content == 0 ? NodeKind.FOLDER : NodeKind.FILE,
                            1,
                            spot.content,
                            1,
                            1,
                            spot.content == 0 ? null : hash(spot.content),
                            0,
                            false,
                            null,
                            null));
        }
    }

    private static void local(Trees trees, @Nullable Spot spot) {
        if (spot != null) {
            Fingerprint print = new Fingerprint(spot.node.id().low(), 0, 0, 0, 1);
            trees.putLocal(
                    spot.content == 0
                            ? LocalNode.folder(spot.node, spot.parent, spot.name, print, false)
                            : new LocalNode(
                                    spot.node,
                                    spot.parent,
                                    spot.name,
                                    NodeKind.FILE,
                                    print,
                                    hash(spot.content),
                                    false,
                                    null,
                                    false,
                                    false));
        }
    }

    private static void synced(Trees trees, @Nullable Spot spot) {
        if (spot != null) {
            trees.putSynced(
                    new SyncedNode(
                            spot.node,
                            spot.parent,
                            spot.name,
                            spot.content == 0 ? NodeKind.FOLDER : NodeKind.FILE,
                            spot.content,
                            spot.content == 0 ? null : hash(spot.content),
                            0,
                            false,
                            null));
        }
    }

    private void all(boolean firstIsFolder) {
        List<@Nullable Spot> ones = spots(ONE, firstIsFolder, List.of(ROOT));
        List<@Nullable Spot> twos =
                spots(TWO, false, firstIsFolder ? List.of(ROOT, ONE) : List.of(ROOT));
        List<List<@Nullable Spot>> pairs = new ArrayList<>();
        for (Spot one : ones) {
            for (Spot two : twos) {
                if (possible(one, two)) {
                    List<@Nullable Spot> pair = new ArrayList<>();
                    pair.add(one);
                    pair.add(two);
                    pairs.add(pair);
                }
            }
        }
        for (List<@Nullable Spot> r : pairs) {
            for (List<@Nullable Spot> l : pairs) {
                for (List<@Nullable Spot> s : pairs) {
                    Trees trees = new Trees(ROOT);
                    r.forEach(spot -> remote(trees, spot));
                    l.forEach(spot -> local(trees, spot));
                    s.forEach(spot -> synced(trees, spot));
                    check(trees, "remote " + r + " local " + l + " synced " + s);
                }
            }
        }
    }

    private void check(Trees trees, String what) {
        checked++;
        TreeSteps steps = new TreeSteps(trees, () -> node(fresh++));
        Plan plan = Planner.plan(trees, ALL);
        for (int round = 0; !plan.treeSteps().isEmpty(); round++) {
            assertThat(round).as("rounds of %s", what).isLessThan(ROUNDS_MAX);
            plan.treeSteps().forEach(steps::apply);
            plan = Planner.plan(trees, ALL);
        }
        if (!Planner.plan(trees, ALL).equals(plan)) {
            throw new AssertionError("two plans for " + what);
        }
        boolean idle = plan.isEmpty() && plan.held().isEmpty();
        if (idle && trees.unsettledCount() > 0) {
            throw new AssertionError("nothing is done about " + what);
        }
        Set<NodeId> movedOut = new HashSet<>();
        for (Action.RemoteStep step : plan.remoteSteps()) {
            known(trees, step, what);
            if (step instanceof Action.MoveRemote move) {
                movedOut.add(move.node());
            }
            if (step instanceof Action.Trash trash) {
                seen(trees, trash.node(), movedOut, what);
            }
        }
        for (Action.LocalStep step : plan.localSteps()) {
            known(trees, step, what);
            if (step instanceof Action.RemoveFile remove) {
                untouched(trees, remove.node(), what);
                assertThat(trees.remote().has(remove.node())).as(what).isFalse();
            }
        }
        for (Action.Download download : plan.downloads()) {
            known(trees, download, what);
            if (download.replace()) {
                untouched(trees, download.node(), what);
            }
        }
        for (Action.Upload upload : plan.uploads()) {
            known(trees, upload, what);
        }
    }

    /** The step is about something that somebody has. */
    private static void known(Trees trees, Action step, String what) {
        boolean known =
                trees.remote().has(step.node())
                        || trees.local().has(step.node())
                        || trees.synced().has(step.node());
        assertThat(known).as("%s for %s", step, what).isTrue();
    }

    /** Whoever trashes it here had seen all of it, and has nothing of it left. */
    private static void seen(Trees trees, NodeId top, Set<NodeId> movedOut, String what) {
        for (RemoteNode gone : trees.remote().subtree(top)) {
            if (movedOut.stream().anyMatch(out -> trees.remote().within(gone.node(), out))) {
                continue;
            }
            SyncedNode s = trees.synced().get(gone.node());
            boolean seen = s != null && (gone.folder() || s.contentRev() == gone.contentRev());
            assertThat(seen).as("trashed unseen: %s", what).isTrue();
            assertThat(path(trees.local(), gone.node())).as("trashed, but here: %s", what).isNull();
        }
    }

    private static @Nullable String path(NodeTree<? extends TreeNode> tree, NodeId node) {
        return tree.has(node) ? tree.path(node) : null;
    }

    /** What is removed or replaced on the disk is what both sides had agreed on. */
    private static void untouched(Trees trees, NodeId node, String what) {
        LocalNode l = trees.local().get(node);
        SyncedNode s = trees.synced().get(node);
        boolean same = l != null && s != null && Objects.equals(l.contentHash(), s.contentHash());
        assertThat(same).as("an edit would go: %s", what).isTrue();
    }

    @Test
    void twoFiles() {
        all(false);
        assertThat(checked).isGreaterThan(4_000);
    }

    @Test
    void aFolderAndAFileInItOrBesideIt() {
        all(true);
        assertThat(checked).isGreaterThan(4_000);
    }

    /** Three trees over some nodes, each with its own folders, names and contents. */
    private void random(SplittableRandom random, String what) {
        Trees trees = new Trees(ROOT);
        int nodes = 3 + random.nextInt(8);
        int folders = 1 + random.nextInt(3);
        List<List<Spot>> drawn = new ArrayList<>();
        for (int tree = 0; tree < 3; tree++) {
            drawn.add(draw(random, nodes, folders, tree == 0 ? List.of() : drawn.getFirst()));
        }
        drawn.get(0).forEach(spot -> remote(trees, spot));
        drawn.get(1).forEach(spot -> local(trees, spot));
        drawn.get(2).forEach(spot -> synced(trees, spot));
        check(trees, what + ": remote, local, synced " + drawn);
    }

    /** A tree; often a node stands where it stands in the other one, so that little has changed. */
    private static List<Spot> draw(
            SplittableRandom random, int nodes, int folders, List<Spot> other) {
        List<Spot> spots = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        List<NodeId> parents = new ArrayList<>(List.of(ROOT));
        for (int i = 1; i <= nodes; i++) {
            NodeId node = node(i);
            boolean folder = i <= folders;
            Spot spot =
                    new Spot(
                            node,
                            parents.get(random.nextInt(parents.size())),
                            String.valueOf((char) ('a' + random.nextInt(4))),
                            folder ? 0 : 1 + random.nextInt(3));
            Spot before =
                    other.stream().filter(one -> one.node.equals(node)).findFirst().orElse(null);
            if (before != null && parents.contains(before.parent) && random.nextInt(4) > 0) {
                spot = before;
            }
            if (random.nextInt(5) > 0 && taken.add(spot.parent + spot.name)) {
                spots.add(spot);
                if (folder) {
                    parents.add(node);
                }
            }
        }
        return spots;
    }

    @Test
    void largerTreesAtRandom() {
        long first = Long.getLong("holdfast.seed", 1);
        int runs = Boolean.getBoolean("holdfast.soak") ? 1_000_000 : 30_000;
        for (long seed = first; seed < first + runs; seed++) {
            random(new SplittableRandom(seed), "-Dholdfast.seed=" + seed);
        }
    }
}
