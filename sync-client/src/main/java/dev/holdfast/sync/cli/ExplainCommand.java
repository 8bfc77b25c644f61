package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.NodeTree;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.TreeNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code explain}: what is known about one path, why it is as it is, and what to do. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description = "Says what is known about a path, why, and what to do.")
final class ExplainCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", description = "a path in the synced folder")
    String path = "";

    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        String inside = PathArgument.inside(config, path);
        Path file = Path.of(config.folder()).resolve(inside);
        Trees trees = new Trees(NodeId.rootOf(config.namespace()));
        try (SqliteStore store = SqliteStore.open(Session.database(state))) {
            store.load(trees);
        }
        List<String> reasons = new ArrayList<>();
        boolean folder = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
        IgnoreFile rules =
                IgnoreFile.load(
                        Path.of(config.folder()), config.deviceName(), InstantSource.system());
        if (rules.ignored(inside, folder)) {
            reasons.add("it is left alone on this device by .holdfastignore or by its name");
        }
        LocalNode l = at(trees.local(), trees.root(), inside);
        RemoteNode r = at(trees.remote(), trees.root(), inside);
        SyncedNode s = at(trees.synced(), trees.root(), inside);
        boolean onDisk = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        describe(reasons, trees, onDisk, l, r, s);
        StatusFile last = StatusFile.load(state);
        if (last != null && last.waiting().containsKey(inside)) {
            reasons.add("it waits: " + last.waiting().get(inside));
        }
        if (l == null && r == null && s == null && !onDisk) {
            throw new CommandException(
                    ExitCode.NOT_FOUND, inside + " is neither on the disk nor on the server");
        }
        print(inside, reasons, l, r);
        return ExitCode.OK;
    }

    private static <T extends TreeNode> @Nullable T at(NodeTree<T> tree, NodeId root, String path) {
        T at = tree.get(root);
        for (String name : path.isEmpty() ? new String[0] : path.split("/", -1)) {
            at = at == null ? null : tree.child(at.node(), name);
        }
        return at;
    }

    private static void describe(
            List<String> reasons,
            Trees trees,
            boolean onDisk,
            @Nullable LocalNode l,
            @Nullable RemoteNode r,
            @Nullable SyncedNode s) {
        if (onDisk && l == null) {
            reasons.add("it is on the disk, but no scan has taken it up");
        } else if (!onDisk && l != null) {
            reasons.add("the last scan saw it, it is gone since; the next run deletes or moves it");
        }
        if (l != null && trees.settled(l.node())) {
            reasons.add("disk and server agree on it");
        } else if (l != null && r == null) {
            reasons.add(
                    s == null
                            ? "it is new here; the next run sends it"
                            : "it was deleted or moved on another device");
        } else if (l == null && r != null) {
            reasons.add(
                    s == null
                            ? "it is new on the server; the next run fetches it"
                            : "it was deleted here; the next run deletes it on the server");
        } else if (l != null) {
            reasons.add(
                    "it changed since both sides last agreed; the next run brings them together");
        }
        if (r != null && r.conflictOf() != null) {
            String original = trees.remote().path(r.conflictOf());
            reasons.add(
                    "it is a conflict copy of "
                            + (original == null ? "a file that is gone" : original)
                            + "; compare the two, keep what is right and delete the other");
        }
    }

    private void print(
            String inside, List<String> reasons, @Nullable LocalNode l, @Nullable RemoteNode r) {
        if (output.json()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("path", inside);
            answer.put("node", l != null ? l.node() : r == null ? null : r.node());
            answer.put("reasons", reasons);
            output.print(answer);
        } else {
            output.line(inside);
            reasons.forEach(reason -> output.line("  " + reason));
        }
    }
}
