package dev.holdfast.sync.cli;

import dev.holdfast.model.wire.LinkCode;
import dev.holdfast.sync.server.HttpSyncServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code code}: a link code for one more device of the account. */
@Command(
        name = "code",
        mixinStandardHelpOptions = true,
        description = "Prints a one-time code that links one more device.")
final class CodeCommand implements Callable<Integer> {
    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        try (HttpSyncServer server = Session.connect(config, Token.load(state))) {
            LinkCode code = server.newLinkCode();
            if (output.json()) {
                output.print(code);
            } else {
                output.line(code.code());
                Output.say(
                        "on the other device: holdfast sync link "
                                + config.url()
                                + " --code "
                                + code.code()
                                + " --folder DIR");
            }
        }
        return ExitCode.OK;
    }
}
