package dev.holdfast.sync.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code resume}: goes on after a pause. */
@Command(name = "resume", mixinStandardHelpOptions = true, description = "Goes on after a pause.")
final class ResumeCommand implements Callable<Integer> {
    @Mixin StatePlace place = new StatePlace();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig.load(state);
        Files.deleteIfExists(state.resolve(Runner.PAUSED));
        Output.say("resumed; a running client goes on within a second");
        return ExitCode.OK;
    }
}
