package dev.holdfast.gateway.cli;

import dev.holdfast.gateway.StartupException;
import dev.holdfast.gateway.Version;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the server side. */
@Command(
        name = "holdfast",
        description = "Self-hosted file sync: the server's commands.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Devices: holdfast sync --help. Benchmarks, in a checkout of the sources: holdfast bench."
        },
        mixinStandardHelpOptions = true,
        versionProvider = HoldfastServer.Versions.class)
public final class HoldfastServer implements Runnable {
    private static final String DEBUG = "--debug";

    @Spec private @Nullable CommandSpec spec;

    private HoldfastServer() {}

    @Override
    public void run() {
        throw Groups.missing(spec);
    }

    /** Runs a command and answers its exit code; the process goes on. */
    public static int run(List<String> arguments, Terminal terminal) {
        boolean debug = arguments.contains(DEBUG);
        try {
            CommandLine commands = assemble(terminal);
            commands.setDefaultValueProvider(
                    ConfiguredDefaults.read(arguments, terminal.environment()));
            commands.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
            commands.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
            commands.setParameterExceptionHandler(
                    (failure, words) -> usage(failure, terminal, debug));
            commands.setExecutionExceptionHandler(
                    (failure, command, parsed) -> failed(failure, terminal, debug));
            return commands.execute(arguments.toArray(String[]::new));
        } catch (CommandFailure e) {
            return failed(e, terminal, debug);
        }
    }

    private static CommandLine assemble(Terminal terminal) {
        return new CommandLine(new HoldfastServer())
                .addSubcommand(new UpCommand(terminal))
                .addSubcommand(new ServeCommand(terminal))
                .addSubcommand("admin", AdminCommand.assemble(terminal))
                .addSubcommand("gc", GcCommand.assemble(terminal))
                .addSubcommand(new FsckCommand(terminal))
                .addSubcommand("job", JobCommand.assemble(terminal))
                .addSubcommand("repair", RepairCommand.assemble(terminal))
                .addSubcommand("chunk", ChunkCommand.assemble(terminal))
                .setUsageHelpWidth(100)
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static int usage(ParameterException failure, Terminal terminal, boolean debug) {
        String command = failure.getCommandLine().getCommandSpec().qualifiedName();
        terminal.message("holdfast: " + failure.getMessage());
        terminal.message("holdfast: see " + command + " --help");
        trace(failure, terminal, debug);
        return ExitCode.USAGE;
    }

    private static int failed(Exception failure, Terminal terminal, boolean debug) {
        int exitCode =
                switch (failure) {
                    case CommandFailure known -> known.exitCode();
                    case StartupException known -> known.exitCode();
                    case ParameterException known -> ExitCode.USAGE;
                    case InterruptedException known -> ExitCode.INTERRUPTED;
                    default -> ExitCode.FAILED;
                };
        boolean expected = failure instanceof CommandFailure || failure instanceof StartupException;
        terminal.message(
                "holdfast: "
                        + (expected
                                ? failure.getMessage()
                                : "a defect: " + failure + " (--debug shows more)"));
        trace(failure, terminal, debug);
        return exitCode;
    }

    private static void trace(Exception failure, Terminal terminal, boolean debug) {
        if (debug) {
            failure.printStackTrace(terminal.err());
        }
    }

    /** Tells the version of this build. */
    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"holdfast " + Version.text()};
        }
    }

    /** Entry of the process. */
    public static void main(String[] arguments) {
        Terminal terminal = new Terminal(System.getenv(), System.in, System.out, System.err);
        System.exit(run(List.of(arguments), terminal));
    }
}
