package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.disk.Staged;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.plan.Plan;
import dev.holdfast.sync.store.StateStore;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Carries out a plan: the server first, then the disk. Results enter the trees as they come. */
final class Execution {
    private static final int PARALLEL_HASHES = 2;
    private static final int PARALLEL_GROUPS = 3;

    /** What one round takes on at most, so that news is heard in between. */
    private static final int TRANSFERS_MAX = 4_000;

    private final Context context;
    private final Trees trees;
    private final Waits waits;
    private final Outbox outbox;
    private final Feed feed;
    private final Brake brake;
    private final OpEffects effects;
    private final LocalSteps localSteps;
    private final FileHasher hasher;
    private final Uploader uploader;
    private final Downloader downloader;

    Execution(
            Context context,
            Trees trees,
            Waits waits,
            Outbox outbox,
            Feed feed,
            Brake brake,
            OpEffects effects,
            LocalSteps localSteps) {
        this.context = context;
        this.trees = trees;
        this.waits = waits;
        this.outbox = outbox;
        this.feed = feed;
        this.brake = brake;
        this.effects = effects;
        this.localSteps = localSteps;
        this.hasher = new FileHasher(context.disk(), context.clock());
        this.uploader = new Uploader(context, outbox, hasher);
        this.downloader = new Downloader(context, this::pathOf);
    }

    /** True when anything was done. */
    boolean run(Plan plan) throws IOException {
        boolean worked = hash(plan.hashes());
        worked |= remote(plan.remoteSteps());
        worked |= upload(plan.uploads());
        for (Action.LocalStep step : plan.localSteps()) {
            worked |= localSteps.apply(step);
        }
        localSteps.sync();
        flush();
        worked |= download(plan.downloads());
        return worked;
    }

    private void flush() {
        context.store().write(trees.takeChanges(), Map.of());
    }

    /** Where the file of a known chunk is now. Called from any thread. */
    private @Nullable String pathOf(StateStore.ChunkPlace place) {
        synchronized (trees) {
            return trees.local().path(place.node());
        }
    }

    private record Hashed(NodeId node, @Nullable FileDigest digest, @Nullable String problem) {}

    private boolean hash(List<Action.HashFile> wanted) throws IOException {
        List<Workers.Task<Hashed>> tasks = new ArrayList<>();
        for (Action.HashFile action : wanted) {
            String path = trees.local().path(action.node());
            if (path != null) {
                tasks.add(() -> hash(action.node(), path));
            }
        }
        context.workers().run(tasks, PARALLEL_HASHES, this::hashed);
        return !tasks.isEmpty();
    }

    private Hashed hash(NodeId node, String path) {
        try {
            return new Hashed(node, hasher.digest(path), null);
        } catch (IOException e) {
            return new Hashed(node, null, "it cannot be read: " + e.getMessage());
        }
    }

    private void hashed(Hashed hashed) {
        synchronized (trees) {
            if (hashed.problem != null) {
                waits.problem(hashed.node, hashed.problem);
            } else {
                learn(hashed.node, hashed.digest);
            }
        }
    }

    /** Takes over what was read; a file that was not steady is looked at again. */
    private void learn(NodeId node, @Nullable FileDigest digest) {
        LocalNode l = trees.local().get(node);
        if (l == null) {
            return;
        }
        if (digest == null) {
            waits.race(node, "it changes while it is read; it is read again when it settles");
            localSteps.lookAgain(node);
            return;
        }
        trees.putLocal(
                l.withPrint(digest.print())
                        .withExecutable(digest.executable())
                        .withHash(digest.contentHash(), digest.racy()));
    }

    private boolean remote(List<Action.RemoteStep> steps) throws IOException {
        if (steps.isEmpty()) {
            return false;
        }
        List<LongFunction<Op>> ops = new ArrayList<>();
        for (Action.RemoteStep step : steps) {
            ops.add(sequence -> op(sequence, step));
        }
        List<Outbox.Sent> sent = outbox.send(ops);
        sent.forEach(this::tell);
        sent.forEach(effects::apply);
        flush();
        outbox.done(sent);
        return true;
    }

    private void tell(Outbox.Sent sent) {
        NodeId node = OpEffects.node(sent.op());
        String path = trees.local().path(node);
        if (path == null) {
            path = trees.remote().path(node);
        }
        String what =
                switch (sent.op()) {
                    case Op.CreateFolder _, Op.CreateSymlink _ -> "created on the server";
                    case Op.Move _ -> "moved on the server";
                    case Op.Trash _ -> "trashed on the server";
                    case Op.Restore _ -> "taken out of the trash";
                    case Op.SetAttributes _,
                            Op.PutSymlink _,
                            Op.CreateFile _,
                            Op.PutContent _,
                            Op.RestoreVersion _,
                            Op.Purge _ ->
                            "changed on the server";
                };
        boolean refused = sent.result().code() != null;
        context.progress()
                .happened(
                        refused ? "refused by the server (" + sent.result().code() + ")" : what,
                        path == null ? node.toString() : path);
    }

    private Op op(long sequence, Action.RemoteStep step) {
        return switch (step) {
            case Action.CreateFolder create ->
                    new Op.CreateFolder(sequence, create.node(), create.parent(), create.name());
            case Action.CreateSymlink create ->
                    new Op.CreateSymlink(
                            sequence,
                            create.node(),
                            create.parent(),
                            create.name(),
                            create.target(),
                            OnConflict.KEEP_BOTH);
            case Action.PutSymlink put ->
                    new Op.PutSymlink(sequence, put.node(), put.baseContentRev(), put.target());
            case Action.MoveRemote move ->
                    new Op.Move(
                            sequence,
                            move.node(),
                            move.baseParent(),
                            move.baseName(),
                            move.parent(),
                            move.name(),
                            OnConflict.KEEP_BOTH);
            case Action.Trash trash ->
                    new Op.Trash(
                            sequence,
                            trash.node(),
                            trash.folder() ? null : trash.baseContentRev(),
                            trash.folder() ? feed.cursor() : null,
                            brake.confirmedHere() ? true : null);
            case Action.Restore restore ->
                    new Op.Restore(sequence, restore.node(), restore.parent(), restore.name());
            case Action.SetAttributes set ->
                    new Op.SetAttributes(sequence, set.node(), set.mtimeNanos(), set.executable());
        };
    }

    private boolean upload(List<Action.Upload> wanted) throws IOException {
        List<Uploader.Job> jobs = new ArrayList<>();
        for (Action.Upload action : wanted) {
            LocalNode l = trees.local().get(action.node());
            String path = trees.local().path(action.node());
            if (l != null && path != null && jobs.size() < TRANSFERS_MAX) {
                jobs.add(new Uploader.Job(action, path, l.print().size()));
            }
        }
        context.workers().run(uploader.tasks(jobs), PARALLEL_GROUPS, this::uploaded);
        return !jobs.isEmpty();
    }

    private void uploaded(List<Uploader.Outcome> outcomes) {
        List<Outbox.Sent> sent = new ArrayList<>();
        synchronized (trees) {
            for (Uploader.Outcome outcome : outcomes) {
                NodeId node = outcome.action().node();
                if (outcome.problem() != null) {
                    waits.problem(node, outcome.problem());
                    continue;
                }
                learn(node, outcome.digest());
                if (outcome.sent() != null) {
                    effects.apply(outcome.sent());
                    sent.add(outcome.sent());
                } else if (outcome.digest() != null) {
                    waits.race(node, "its bytes did not arrive as they were read");
                }
            }
            flush();
        }
        outbox.done(sent);
    }

    private boolean download(List<Action.Download> wanted) throws IOException {
        List<Downloader.Job> jobs = new ArrayList<>();
        for (Action.Download action : wanted) {
            RemoteNode r = trees.remote().get(action.node());
            boolean ready = trees.local().has(action.parent());
            boolean refused =
                    r != null
                            && !action.replace()
                            && localSteps.refused(action.node(), action.parent(), action.name());
            if (r != null && ready && !refused && jobs.size() < TRANSFERS_MAX) {
                LocalNode twin = r.contentHash() == null ? null : trees.byContent(r.contentHash());
                String path = twin == null ? null : trees.local().path(twin.node());
                jobs.add(new Downloader.Job(action, r, path));
            }
        }
        try {
            context.workers().run(downloader.tasks(jobs), PARALLEL_GROUPS, this::downloaded);
        } catch (UncheckedIOException e) {
            throw Objects.requireNonNull(e.getCause());
        }
        return !jobs.isEmpty();
    }

    private void downloaded(List<Downloader.Outcome> outcomes) {
        try {
            synchronized (trees) {
                for (Downloader.Outcome outcome : outcomes) {
                    NodeId node = outcome.job().action().node();
                    Staged staged = outcome.staged();
                    if (staged != null) {
                        localSteps.publish(outcome, staged);
                    } else if (outcome.problem() != null) {
                        waits.problem(node, outcome.problem());
                    } else {
                        waits.race(node, "it could not be fetched; it is tried again");
                    }
                }
                localSteps.sync();
                flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
