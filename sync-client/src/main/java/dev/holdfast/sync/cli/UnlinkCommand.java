package dev.holdfast.sync.cli;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.server.HttpSyncServer;
import dev.holdfast.sync.server.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code unlink}: ends the link; the files stay, the device is revoked. */
@Command(
        name = "unlink",
        mixinStandardHelpOptions = true,
        description = "Ends the link: the files stay where they are, the device is revoked.")
final class UnlinkCommand implements Callable<Integer> {
    @Mixin StatePlace place = new StatePlace();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        Path own = Path.of(config.folder()).resolve(FolderDisk.OWN_FOLDER);
        if (!Files.isDirectory(own)) {
            revoke(state, config);
        } else {
            try (FolderLock lock = FolderLock.tryTake(own)) {
                if (lock == null) {
                    throw Session.locked(Path.of(config.folder()));
                }
                revoke(state, config);
                Files.deleteIfExists(own.resolve(FolderDisk.MARKER));
                Files.deleteIfExists(own.resolve(StatePlace.POINTER));
            }
        }
        LinkConfig.delete(state);
        Output.say("unlinked; the files in " + config.folder() + " stay as they are");
        return ExitCode.OK;
    }

    private static void revoke(Path state, LinkConfig config) throws CommandException, IOException {
        try (HttpSyncServer server = Session.connect(config, Token.load(state))) {
            server.revoke(config.device());
        } catch (RefusedException e) {
            if (e.code() != ProblemCode.NOT_SIGNED_IN && e.code() != ProblemCode.NOT_FOUND) {
                throw e;
            }
        }
        Token.delete(state);
    }
}
