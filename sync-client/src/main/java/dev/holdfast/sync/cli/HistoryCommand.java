package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.sync.server.HttpSyncServer;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code history}: the versions of a file that the server keeps. */
@Command(
        name = "history",
        mixinStandardHelpOptions = true,
        description = "Lists the versions of a file that the server keeps, newest first.")
final class HistoryCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", description = "a file in the synced folder")
    String path = "";

    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        RemoteNode node = find(state, config);
        try (HttpSyncServer server = Session.connect(config, Token.load(state))) {
            VersionList list = server.versions(config.namespace(), node.node());
            for (VersionList.Entry version : list.versions()) {
                if (output.json()) {
                    output.print(version);
                } else {
                    output.line(
                            version.contentRev()
                                    + "  "
                                    + Instant.ofEpochMilli(version.createdAtMillis())
                                    + "  "
                                    + Output.bytes(version.size()));
                }
            }
        }
        return ExitCode.OK;
    }

    private RemoteNode find(Path state, LinkConfig config) throws CommandException {
        String inside = PathArgument.inside(config, path);
        Trees trees = new Trees(NodeId.rootOf(config.namespace()));
        try (SqliteStore store = SqliteStore.open(Session.database(state))) {
            store.load(trees);
        }
        RemoteNode at = trees.remote().get(trees.root());
        for (String name : inside.split("/", -1)) {
            at = at == null ? null : trees.remote().child(at.node(), name);
        }
        if (at == null) {
            throw new CommandException(
                    ExitCode.NOT_FOUND,
                    "the server has no " + inside + ", as far as is known here");
        }
        return at;
    }
}
