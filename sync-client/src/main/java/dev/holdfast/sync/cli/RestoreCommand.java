package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.past.NothingThereException;
import dev.holdfast.sync.past.Restorer;
import dev.holdfast.sync.server.HttpSyncServer;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code restore}: an old version of a file, or what lies in the trash, is there again. */
@Command(
        name = "restore",
        mixinStandardHelpOptions = false,
        description = {
            "Brings back what was deleted, or an old version of a file.",
            "Nothing is overwritten: the content there is now stays as a version, and where a name"
                    + " is taken the restored file gets a name beside it. Folders that are gone"
                    + " are made again."
        })
final class RestoreCommand implements Callable<Integer> {
    @Option(names = "--help", usageHelp = true, description = "show this help and exit")
    boolean help;

    @Parameters(paramLabel = "PATH", description = "a path in the synced folder")
    String path = "";

    @ArgGroup(exclusive = true)
    @Nullable Choice choice;

    /** Which version; without it, what lies in the trash. */
    static final class Choice {
        @Option(
                names = "--version",
                paramLabel = "N",
                description = "the number of the version, as `history` shows it")
        @Nullable Long version;

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description =
                        "the version that was there then: like 2026-01-31T18:00:00Z, 2026-01-31T18:00"
                                + " or 2026-01-31 in this device's time zone, or like 90m, 12h, 3d"
                                + " for so long ago")
        @Nullable String at;
    }

    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Restorer.Which which = which();
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        String inside = PathArgument.inside(config, path);
        if (inside.isEmpty()) {
            throw new CommandException(ExitCode.USAGE, "name a file or folder in the folder");
        }
        try (HttpSyncServer server = Session.connect(config, Token.load(state));
                SqliteStore store = SqliteStore.open(Session.database(state))) {
            Restorer restorer =
                    new Restorer(server, config.namespace(), sequences(store), new SecureRandom());
            boolean undone = takeBackDeletion(config, store, restorer, inside);
            try {
                tell(restorer.restore(inside, which));
            } catch (NothingThereException e) {
                if (!undone || choice != null) {
                    throw new CommandException(ExitCode.NOT_FOUND, message(e));
                }
                tell(new Restorer.Restored(live(restorer, inside), inside, false, null));
            }
        }
        Output.say("a running client fetches it at once; else run: holdfast sync run");
        return ExitCode.OK;
    }

    private static String message(Exception e) {
        return String.valueOf(e.getMessage());
    }

    private static NodeState live(Restorer restorer, String inside)
            throws IOException, CommandException {
        NodeState live = restorer.live(inside);
        if (live == null) {
            throw new CommandException(ExitCode.NOT_FOUND, inside + " is not on the server");
        }
        return live;
    }

    private Restorer.Which which() throws CommandException {
        Choice chosen = choice;
        if (chosen == null) {
            return new Restorer.Which.Last();
        }
        if (chosen.version != null) {
            return new Restorer.Which.Numbered(chosen.version);
        }
        Instant time =
                TimeArgument.parse(
                        String.valueOf(chosen.at), Instant.now(), ZoneId.systemDefault());
        return new Restorer.Which.At(time);
    }

    private static Restorer.Sequences sequences(SqliteStore store) {
        return new Restorer.Sequences() {
            @Override
            public long next() {
                return store.reserve(1);
            }

            @Override
            public long outstanding() {
                List<Op> open = store.outbox();
                return open.isEmpty() ? Long.MAX_VALUE : open.getFirst().sequence();
            }
        };
    }

    /**
     * What was deleted here and is still on the server would be deleted there by the next run.
     * Dropping what is remembered of it makes it new on the server instead.
     */
    private static boolean takeBackDeletion(
            LinkConfig config, SqliteStore store, Restorer restorer, String inside)
            throws IOException {
        Path folder = Path.of(config.folder());
        Path own = folder.resolve(FolderDisk.OWN_FOLDER);
        if (!Files.isDirectory(own)
                || Files.exists(folder.resolve(inside), LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        NodeState live = restorer.live(inside);
        if (live == null) {
            return false;
        }
        try (FolderLock lock = FolderLock.tryTake(own)) {
            if (lock == null) {
                return false;
            }
            forget(config, store, live.node());
            return true;
        }
    }

    private static void forget(LinkConfig config, SqliteStore store, NodeId top) {
        Trees trees = new Trees(NodeId.rootOf(config.namespace()));
        store.load(trees);
        for (SyncedNode below : trees.synced().subtree(top)) {
            trees.removeLocal(below.node());
            trees.removeSynced(below.node());
        }
        store.write(trees.takeChanges(), Map.<String, Optional<String>>of());
    }

    private void tell(Restorer.Restored done) {
        if (output.json()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("path", done.path());
            answer.put("node", done.node().node());
            answer.put("from_trash", done.fromTrash());
            answer.put("version", done.version());
            output.print(answer);
        } else {
            output.line(
                    "restored "
                            + done.path()
                            + (done.fromTrash() ? " from the trash" : "")
                            + (done.version() == null ? "" : ", version " + done.version()));
        }
    }
}
