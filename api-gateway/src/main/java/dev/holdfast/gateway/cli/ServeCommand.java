package dev.holdfast.gateway.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code serve}: the gateway alone. */
@Command(
        name = "serve",
        description = "Run the gateway alone, against a FoundationDB cluster and an HDFS.",
        sortOptions = false)
final class ServeCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private ServerOptions options = new ServerOptions();
    @Mixin private CommonOptions common = new CommonOptions();

    ServeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (!options.isClusterComplete()) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "serve needs --fdb-cluster-file and --hdfs-uri; without a cluster, use up");
        }
        ServerProcess server =
                ServerProcess.start(
                        options.config(AdminToken.given(terminal.environment())),
                        ServerProcess.Role.GATEWAY,
                        common.debug());
        return Serving.run(server, terminal, common.json(), false);
    }
}
