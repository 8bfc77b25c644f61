package dev.holdfast.sync.cli;

import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.TreeChanges;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code confirm}: the many deletes that were held back are meant. */
@Command(
        name = "confirm",
        mixinStandardHelpOptions = true,
        description = "Lets the deletes go on that were held back because they are so many.")
final class ConfirmCommand implements Callable<Integer> {
    @Mixin StatePlace place = new StatePlace();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig.load(state);
        StatusFile last = StatusFile.load(state);
        if (last != null && last.heldDeletes() == 0) {
            // A confirmation of nothing would let through whatever is deleted by mistake next.
            Output.say("no deletes are held back: there is nothing to confirm");
            return ExitCode.OK;
        }
        try (SqliteStore store = SqliteStore.open(Session.database(state))) {
            store.write(
                    new TreeChanges(),
                    Map.of(
                            Engine.DELETES_CONFIRMED,
                            Optional.of(Long.toString(System.currentTimeMillis()))));
        }
        Output.say("confirmed; a running client goes on within seconds");
        return ExitCode.OK;
    }
}
