package dev.holdfast.gateway.cli;

import dev.holdfast.gateway.workers.RepairRoutes;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code chunk …}: look at what is stored. */
@Command(name = "chunk", description = "Look at what is stored.", mixinStandardHelpOptions = true)
final class ChunkCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw Groups.missing(spec);
    }

    static CommandLine assemble(Terminal terminal) {
        return new CommandLine(new ChunkCommand()).addSubcommand(new Inspect(terminal));
    }

    @Command(
            name = "inspect",
            description = "Say what a pack holds, from its file alone. Exit code 4: it is damaged.")
    static final class Inspect implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin private AdminOptions admin = new AdminOptions();
        @Mixin private CommonOptions common = new CommonOptions();

        @Option(names = "--read", description = "Read every chunk and check it.")
        private boolean read;

        @Parameters(paramLabel = "PACK", description = "The pack's id, 32 hexadecimal digits.")
        private String pack = "";

        Inspect(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            RepairRoutes.Pack report =
                    admin.client(terminal)
                            .get(
                                    "/v1/admin/packs/"
                                            + AdminClient.part(pack)
                                            + (read ? "?read=1" : ""),
                                    RepairRoutes.Pack.class);
            if (common.json()) {
                terminal.json(report);
            } else {
                report.lines().forEach(terminal::line);
            }
            return report.damage().isEmpty() ? ExitCode.OK : ExitCode.PROBLEMS_REMAIN;
        }
    }
}
