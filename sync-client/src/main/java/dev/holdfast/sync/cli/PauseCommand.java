package dev.holdfast.sync.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pause}: stops syncing until it is resumed. */
@Command(
        name = "pause",
        mixinStandardHelpOptions = true,
        description = "Stops syncing until it is resumed.")
final class PauseCommand implements Callable<Integer> {
    @Mixin StatePlace place = new StatePlace();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig.load(state);
        Files.writeString(state.resolve(Runner.PAUSED), "");
        Output.say("paused; `holdfast sync resume` goes on");
        return ExitCode.OK;
    }
}
