package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code conflicts}: conflict copies that are still there. */
@Command(
        name = "conflicts",
        mixinStandardHelpOptions = true,
        description = "Lists conflict copies and what they are copies of.")
final class ConflictsCommand implements Callable<Integer> {
    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        Trees trees = new Trees(NodeId.rootOf(config.namespace()));
        try (SqliteStore store = SqliteStore.open(Session.database(state))) {
            store.load(trees);
        }
        Map<String, String> found = new TreeMap<>();
        for (RemoteNode node : trees.remote().all()) {
            String path = trees.remote().path(node.node());
            if (node.conflictOf() != null && path != null) {
                String original = trees.remote().path(node.conflictOf());
                found.put(path, original == null ? "" : original);
            }
        }
        for (Map.Entry<String, String> one : found.entrySet()) {
            if (output.json()) {
                Map<String, Object> answer = new LinkedHashMap<>();
                answer.put("path", one.getKey());
                answer.put("original", one.getValue());
                output.print(answer);
            } else {
                output.line(
                        one.getKey()
                                + (one.getValue().isEmpty()
                                        ? " (its original is gone)"
                                        : " is a copy of " + one.getValue()));
            }
        }
        if (found.isEmpty()) {
            Output.say("no conflict copies");
        }
        return ExitCode.OK;
    }
}
