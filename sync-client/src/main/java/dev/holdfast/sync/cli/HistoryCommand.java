package dev.holdfast.sync.cli;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.sync.past.Trash;
import dev.holdfast.sync.server.HttpSyncServer;
import dev.holdfast.sync.server.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code history}: the versions of a file that the server keeps, and whether it was deleted. */
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
        String inside = PathArgument.inside(config, path);
        try (HttpSyncServer server = Session.connect(config, Token.load(state))) {
            NodeState live = live(server, config, inside);
            Trash.Item item =
                    live != null
                            ? null
                            : Trash.last(Trash.list(server, config.namespace()), inside);
            if (live != null && live.kind() != NodeKind.FOLDER) {
                versions(config, server.versions(config.namespace(), live.node()));
            } else if (live != null) {
                throw new CommandException(
                        ExitCode.FAILED,
                        inside + " is a folder; versions are kept of files and links only");
            } else if (item != null) {
                trashed(inside, item.node());
            } else {
                throw new CommandException(
                        ExitCode.NOT_FOUND,
                        inside + " is neither on the server nor in its trash by itself");
            }
        }
        return ExitCode.OK;
    }

    private static @Nullable NodeState live(HttpSyncServer server, LinkConfig config, String inside)
            throws IOException {
        try {
            return server.byPath(config.namespace(), inside);
        } catch (RefusedException e) {
            if (e.code() == ProblemCode.NOT_FOUND || e.code() == ProblemCode.GONE) {
                return null;
            }
            throw e;
        }
    }

    private void versions(LinkConfig config, VersionList list) {
        boolean current = true;
        for (VersionList.Entry version : list.versions()) {
            boolean here = config.device().equals(version.device());
            if (output.json()) {
                Map<String, Object> answer = new LinkedHashMap<>();
                answer.put("version", version.contentRev());
                answer.put("current", current);
                answer.put("content_rev", version.contentRev());
                answer.put("size", version.size());
                answer.put("content_hash", version.contentHash());
                answer.put("mtime_nanos", version.mtimeNanos());
                answer.put("created_at_millis", version.createdAtMillis());
                answer.put("device", version.device());
                answer.put("this_device", here);
                output.print(answer);
            } else {
                output.line(
                        version.contentRev()
                                + "  "
                                + Instant.ofEpochMilli(version.createdAtMillis())
                                + "  "
                                + Output.bytes(version.size())
                                + (current ? "  current" : "")
                                + (here ? "  from this device" : ""));
            }
            current = false;
        }
    }

    private void trashed(String inside, NodeState node) {
        if (output.json()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("version", node.contentRev());
            answer.put("current", false);
            answer.put("content_rev", node.contentRev());
            answer.put("size", node.size());
            answer.put("content_hash", node.contentHash());
            answer.put("trashed", true);
            output.print(answer);
        } else {
            output.line(node.contentRev() + "  " + Output.bytes(node.size()) + "  in the trash");
        }
        Output.say(
                inside
                        + " was deleted; `holdfast sync restore` brings it back, and with it the"
                        + " older versions that are kept");
    }
}
