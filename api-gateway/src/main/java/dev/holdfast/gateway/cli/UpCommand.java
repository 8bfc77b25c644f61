package dev.holdfast.gateway.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code up}: the whole server in one process. */
@Command(
        name = "up",
        description = "Run the whole server in one process, with everything in one data directory.",
        sortOptions = false)
final class UpCommand implements Callable<Integer> {
    /** What the launcher was called as: {@code ./holdfast} in a checkout. */
    private static final String COMMAND_PROPERTY = "holdfast.command";

    private final Terminal terminal;

    @Mixin private ServerOptions options = new ServerOptions();
    @Mixin private GcOptions gc = new GcOptions();
    @Mixin private CommonOptions common = new CommonOptions();

    UpCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        ServerProcess server =
                ServerProcess.start(
                        options.config(AdminToken.given(terminal.environment()), gc.settings()),
                        ServerProcess.Role.WHOLE,
                        common.debug());
        return Serving.run(server, terminal, common.json(), true);
    }

    /** What a newcomer types next, with the options that this server makes necessary. */
    static void next(ServerProcess server, Terminal terminal) {
        Path usual = Path.of("data").toAbsolutePath().normalize();
        String data = server.data().path().equals(usual) ? "" : " --data " + server.data().path();
        String url =
                server.adminUrl().equals(AdminOptions.DEFAULT_URL)
                        ? ""
                        : " --url " + server.adminUrl();
        String command = System.getProperty(COMMAND_PROPERTY, "holdfast");
        terminal.message("there is no account yet; type next:");
        terminal.message("  " + command + " admin account add NAME" + url + data);
        terminal.message(
                "  " + command + " sync link " + server.url() + " --code CODE --folder FOLDER");
    }
}
