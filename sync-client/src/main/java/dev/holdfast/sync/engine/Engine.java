package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.sync.plan.Plan;
import dev.holdfast.sync.plan.Planner;
import dev.holdfast.sync.plan.Scope;
import dev.holdfast.sync.scan.ScanResult;
import dev.holdfast.sync.scan.Scanner;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the folder equal to the namespace. All methods are for one control thread.
 *
 * <p>A cycle observes (operations of which the result is not known, the disk, the feed), plans, and
 * carries the plan out, and does so again until nothing is left to do. Whatever interrupts it, the
 * next cycle starts from observations again. The plan is made only when the feed was read to its
 * head after the last operation was answered: so the remote tree never lacks what this device
 * itself did.
 */
public final class Engine {
    /** The setting that holds the server's identity. */
    public static final String CELL = "cell";

    /** A setting: its presence lets held deletes go on, once. */
    public static final String DELETES_CONFIRMED = Brake.CONFIRMED;

    private static final int ROUNDS_MAX = 10_000;
    private static final int TREE_ROUNDS_MAX = 10_000;

    private final Context context;
    private final Trees trees;
    private final Waits waits;
    private final TreeSteps treeSteps;
    private final Outbox outbox;
    private final Feed feed;
    private final OpEffects effects;
    private final LocalSteps localSteps;
    private final Execution execution;
    private final Brake brake;
    private final Deletions deletions = new Deletions();
    private final DisplacedFiles displaced;
    private final LostChunks lostChunks;
    private final Map<String, String> scanProblems = new HashMap<>();
    private final Set<NodeId> foldersSeen = new HashSet<>();
    private boolean outboxOpen = true;

    /**
     * An engine on what was saved.
     *
     * @param maxDeletes files an hour; null for the usual limit
     */
    public Engine(Context context, @Nullable Integer maxDeletes) {
        this.context = context;
        this.trees = new Trees(NodeId.rootOf(context.namespace()));
        context.store().load(trees);
        Supplier<NodeId> ids = () -> NodeId.random(context.random());
        this.waits = new Waits(context.clock());
        this.treeSteps = new TreeSteps(trees, ids);
        this.brake = new Brake(context.store(), trees, context.clock(), maxDeletes);
        this.feed = new Feed(context, trees, treeSteps, brake);
        this.outbox =
                new Outbox(context.store(), context.server(), context.namespace(), feed::cursor);
        this.effects = new OpEffects(trees, waits, treeSteps, deletions);
        this.localSteps = new LocalSteps(context, trees, waits, deletions);
        this.execution =
                new Execution(context, trees, waits, outbox, feed, brake, effects, localSteps);
        this.displaced = new DisplacedFiles(context);
        this.lostChunks = new LostChunks(context, trees);
    }

    public Trees trees() {
        return trees;
    }

    /** The cursor up to which the server was read. */
    public @Nullable String cursor() {
        return feed.cursor();
    }

    /**
     * How long until something that waits is to be tried again; {@link Long#MAX_VALUE} for ever.
     */
    public long nextAttemptInMillis() {
        return Math.min(waits.nextInMillis(), lostChunks.nextInMillis());
    }

    /** A folder of the disk, where it is now as far as was observed. */
    public record Folder(String path, Fingerprint print) {}

    /** Folders that were read or made since the last call. */
    public Map<NodeId, Folder> takeFoldersSeen() {
        // Folders that came from the server are made by the engine and read by no scan.
        foldersSeen.addAll(trees.takeNewFolders());
        Map<NodeId, Folder> taken = new HashMap<>();
        for (NodeId folder : foldersSeen) {
            LocalNode node = trees.local().get(folder);
            String path = trees.local().path(folder);
            if (node != null && path != null) {
                taken.put(folder, new Folder(path, node.print()));
            }
        }
        foldersSeen.clear();
        return taken;
    }

    /** These did not stand where they were seen: they are named again, as far as they are left. */
    public void notFound(Set<NodeId> folders) {
        foldersSeen.addAll(folders);
    }

    /**
     * Checks that the server is the one the state belongs to, and tidies what a crash has left.
     *
     * @throws RefusedException when the device is not signed in
     */
    public void start() throws IOException {
        context.disk().check();
        NamespaceList list = context.server().namespaces();
        String known = context.store().setting(CELL);
        if (known != null && !known.equals(list.cell())) {
            throw new OtherServerException(
                    "another server answers at this address (its data were made anew); nothing was"
                            + " changed. Link the folder again with `holdfast sync link`: the files"
                            + " are merged then, none is deleted");
        }
        boolean visible =
                list.namespaces().stream()
                        .anyMatch(one -> one.namespace().equals(context.namespace()));
        if (!visible) {
            throw new OtherServerException(
                    "the account has no access to this folder's namespace any more");
        }
        context.disk().dropStaged();
        displaced.sweep();
    }

    /** Reads the whole folder and brings both sides together. */
    public Report cycleAll() throws IOException {
        return cycle(null, Set::of);
    }

    /**
     * Reads what a watcher named and brings both sides together.
     *
     * @param changed folders to be read; null for all
     * @param more asked between rounds for further ones
     */
    public Report cycle(@Nullable Collection<NodeId> changed, Supplier<Set<NodeId>> more)
            throws IOException {
        resolve();
        context.naming().refresh();
        scan(changed == null ? null : paths(changed));
        boolean worked = false;
        Plan last = null;
        int held = 0;
        for (int round = 0; round < ROUNDS_MAX; round++) {
            Plan wanted = round > 0 && !outbox.takeSent() ? plan() : null;
            // With nothing sent and nothing left to do there is no need to ask; else the plan is
            // made of what the server holds now, for what it leads to is meant for that.
            if (wanted == null || !wanted.isEmpty()) {
                feed.pull();
                wanted = plan();
            }
            Plan plan = brake.hold(wanted);
            held = Brake.files(wanted) - Brake.files(plan);
            last = plan;
            if (plan.isEmpty()) {
                break;
            }
            context.progress().doing("syncing", plan.size());
            outboxOpen = true;
            boolean progress = execution.run(plan);
            outboxOpen = false;
            brake.count(deletions.take());
            worked |= progress;
            Set<String> again = localSteps.takeStale();
            Collection<String> moved = paths(more.get());
            if (moved == null) {
                scan(null);
            } else {
                again.addAll(moved);
                if (!again.isEmpty()) {
                    scan(again);
                }
            }
            flush();
        }
        if (last != null && last.isEmpty()) {
            abandonUploads();
            context.disk().dropKept();
        }
        waits.keep(node -> trees.local().has(node) || trees.remote().has(node));
        context.progress().doing("up to date", 0);
        return report(last, held, worked);
    }

    /** Null, which means all, when one of the folders is not known any more. */
    private @Nullable Collection<String> paths(Collection<NodeId> folders) {
        Set<String> paths = new TreeSet<>();
        for (NodeId folder : folders) {
            String path = trees.local().path(folder);
            if (path == null) {
                return null;
            }
            paths.add(path);
        }
        return paths;
    }

    /** Nothing is left to be sent: what lies in unfinished uploads is not needed any more. */
    private void abandonUploads() throws IOException {
        for (UploadId upload : context.store().uploads()) {
            try {
                context.server().abandon(upload);
            } catch (RefusedException e) {
                // It has expired, or was never begun: there is nothing to abandon.
                if (e.code() == ProblemCode.NOT_SIGNED_IN) {
                    throw e;
                }
            }
            context.store().removeUpload(upload);
        }
    }

    /** What the server has lost and this device may have. */
    public LostChunks lostChunks() {
        return lostChunks;
    }

    /**
     * Tells the server how far this device is, sends again what it has lost, and ends the rest of
     * old displaced files.
     */
    public void idle() throws IOException {
        feed.acknowledge();
        lostChunks.serve(feed.cursor());
        displaced.sweep();
    }

    private void resolve() throws IOException {
        if (!outboxOpen) {
            return;
        }
        List<Outbox.Sent> sent = outbox.resolve();
        sent.forEach(effects::apply);
        flush();
        outbox.done(sent);
        outboxOpen = false;
    }

    private void scan(@Nullable Collection<String> changed) throws IOException {
        Supplier<NodeId> ids = () -> NodeId.random(context.random());
        ScanResult result;
        if (changed == null) {
            context.progress().doing("scanning", 0);
            result = Scanner.full(context.disk(), scope(), trees, ids);
            scanProblems.clear();
        } else {
            Set<String> problems = Set.copyOf(scanProblems.keySet());
            result = Scanner.partial(context.disk(), scope(), trees, ids, changed, problems);
            Set<String> moved = new TreeSet<>();
            for (NodeId folder : result.elsewhere()) {
                String path = trees.local().path(folder);
                if (path != null) {
                    moved.add(path);
                }
            }
            if (!moved.isEmpty() && !moved.equals(new TreeSet<>(changed))) {
                scan(moved);
            } else if (!moved.isEmpty()) {
                scan(null);
            }
        }
        dropSolved(result.folders());
        scanProblems.putAll(result.problems());
        for (String folder : result.folders()) {
            LocalNode node = localAt(folder);
            if (node != null) {
                foldersSeen.add(node.node());
            }
        }
        flush();
    }

    /** What was said of a folder that is read now, or of what a folder does not hold any more. */
    private void dropSolved(Collection<String> read) {
        Set<String> folders = new HashSet<>(read);
        scanProblems
                .keySet()
                .removeIf(path -> {
                    int slash = path.lastIndexOf('/');
                    String above = slash < 0 ? "" : path.substring(0, slash);
                    return folders.contains(path)
                            || (folders.contains(above) && localAt(path) == null);
                });
    }

    private @Nullable LocalNode localAt(String path) {
        LocalNode at = trees.local().get(trees.root());
        for (String name : path.isEmpty() ? new String[0] : path.split("/", -1)) {
            at = at == null ? null : trees.local().child(at.node(), name);
        }
        return at;
    }

    private void flush() {
        context.store().write(trees.takeChanges(), Map.of());
    }

    private Plan plan() {
        Plan plan = Planner.plan(trees, scope());
        for (int i = 0; !plan.treeSteps().isEmpty(); i++) {
            if (i == TREE_ROUNDS_MAX) {
                throw new IllegalStateException("the plan does not come to an end");
            }
            plan.treeSteps().forEach(treeSteps::apply);
            plan = Planner.plan(trees, scope());
        }
        flush();
        return plan;
    }

    /** What would be done next, without doing it; for looking. */
    public Plan preview() {
        return Planner.plan(trees, scope());
    }

    private Scope scope() {
        Context.Naming naming = context.naming();
        return new Scope() {
            @Override
            public boolean ignored(String path, boolean folder) {
                return naming.ignored(path, folder);
            }

            @Override
            public boolean takesAll() {
                return naming.takesAll();
            }

            @Override
            public String conflictName(String name, int attempt) {
                return naming.conflictName(name, attempt);
            }

            @Override
            public boolean waits(NodeId node) {
                return waits.waits(node);
            }
        };
    }

    private Report report(@Nullable Plan last, int held, boolean worked) {
        Map<String, String> waiting = new HashMap<>(scanProblems);
        waits.current().forEach((node, reason) -> waiting.put(pathOf(node), reason));
        if (last != null) {
            last.held().forEach((node, reason) -> waiting.put(pathOf(node), reason));
        }
        return new Report(last != null && last.isEmpty(), waiting, held, worked);
    }

    private String pathOf(NodeId node) {
        LocalNode l = trees.local().get(node);
        String path = l == null ? trees.remote().path(node) : trees.local().path(node);
        return Optional.ofNullable(path).orElse("(" + node + ")");
    }
}
