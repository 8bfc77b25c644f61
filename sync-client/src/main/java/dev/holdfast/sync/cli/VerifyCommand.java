package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.engine.Context;
import dev.holdfast.sync.engine.Progress;
import dev.holdfast.sync.engine.ThreadWorkers;
import dev.holdfast.sync.engine.Verifier;
import dev.holdfast.sync.server.HttpSyncServer;
import dev.holdfast.sync.store.SqliteStore;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code verify}: proves that the folder equals the server. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Reads every byte of the folder and compares it with the server.")
final class VerifyCommand implements Callable<Integer> {
    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        Token token = Token.load(state);
        InstantSource clock = InstantSource.system();
        Progress progress = new Progress();
        Verifier.Result result;
        try (FolderDisk disk =
                        new FolderDisk(
                                Path.of(config.folder()),
                                config.link(),
                                new SecureRandom(),
                                clock);
                HttpSyncServer server = Session.connect(config, token);
                SqliteStore store = SqliteStore.open(Session.database(state));
                ProgressLine _ = new ProgressLine(progress)) {
            result =
                    Verifier.verify(
                            new Context(
                                    config.namespace(),
                                    disk,
                                    server,
                                    store,
                                    new ThreadWorkers(),
                                    clock,
                                    new SecureRandom(),
                                    IgnoreFile.load(
                                            Path.of(config.folder()), config.deviceName(), clock),
                                    progress));
        }
        boolean equal = result.differences().isEmpty();
        if (output.json()) {
            output.print(json(config, result, equal));
        } else {
            text(result, equal);
        }
        return equal ? ExitCode.OK : ExitCode.PROBLEMS_REMAIN;
    }

    private static Map<String, Object> json(
            LinkConfig config, Verifier.Result result, boolean equal) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("equal", equal);
        answer.put("entries", result.entries());
        answer.put("disk_root", result.diskRoot());
        answer.put("server_root", result.serverRoot());
        answer.put("root_node", NodeId.rootOf(config.namespace()));
        answer.put("cursor", result.cursor());
        answer.put("differences", result.differences());
        answer.put("ignored", result.ignored());
        return answer;
    }

    private void text(Verifier.Result result, boolean equal) {
        output.line("disk   " + result.diskRoot());
        output.line("server " + result.serverRoot());
        result.differences().forEach((path, what) -> output.line("differs: " + path + " " + what));
        result.ignored().forEach(path -> output.line("ignored: " + path));
        output.line(
                equal
                        ? "equal: " + result.entries() + " entries, byte for byte"
                        : "not equal: " + result.differences().size() + " differences");
    }
}
