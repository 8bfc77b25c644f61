package dev.holdfast.sync.cli;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.store.StoreException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLHandshakeException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code holdfast sync}: keeps a folder equal to a namespace on a server. */
@Command(
        name = "holdfast sync",
        mixinStandardHelpOptions = true,
        description = "Keeps a folder equal to a namespace on a Holdfast server.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ok",
            "1:failed",
            "2:wrong usage",
            "4:problems remain",
            "10:no such link or path",
            "11:another client runs on the folder",
            "12:not signed in, or not allowed",
            "130:interrupted; run it again to go on"
        },
        subcommands = {
            LinkCommand.class,
            RunCommand.class,
            StatusCommand.class,
            VerifyCommand.class,
            ConflictsCommand.class,
            ConfirmCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            CodeCommand.class,
            UnlinkCommand.class,
            ExplainCommand.class,
            HistoryCommand.class,
            RestoreCommand.class,
            LimitCommand.class
        })
public final class HoldfastSync {
    private HoldfastSync() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        // JGit, used for ignore rules, brings a logging facade; nothing of it is wanted here.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        System.setOut(new PrintStream(System.out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(System.err, true, StandardCharsets.UTF_8));
        System.exit(execute(arguments));
    }

    /** Runs one command and returns its exit code. */
    static int execute(String... arguments) {
        return new CommandLine(new HoldfastSync())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, _, _) -> failed(e))
                .execute(arguments);
    }

    private static int failed(Exception e) throws Exception {
        int code =
                switch (e) {
                    case CommandException command -> command.exitCode();
                    case RefusedException refused -> refusedCode(refused.code());
                    case IOException _, StoreException _ -> ExitCode.FAILED;
                    default -> throw e;
                };
        String hint =
                code == ExitCode.NOT_ALLOWED && e instanceof RefusedException
                        ? " (the device was revoked, or the server was made anew; link the folder"
                                + " again with `holdfast sync link`: files are merged, none is"
                                + " deleted)"
                        : "";
        System.err.println("holdfast: " + message(e) + hint);
        return code;
    }

    /** A message for a person; some exceptions of the JDK carry none. */
    static String message(Throwable e) {
        if (e instanceof java.net.ConnectException) {
            return "the server cannot be reached";
        }
        if (e instanceof SSLHandshakeException) {
            return "no secure connection to the server ("
                    + e.getMessage()
                    + "): its certificate is not trusted here, has expired or is for another name;"
                    + " where an authority of your own made it, link with --ca-file FILE";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static int refusedCode(ProblemCode code) {
        return switch (code) {
            case NOT_SIGNED_IN, FORBIDDEN -> ExitCode.NOT_ALLOWED;
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            default -> ExitCode.FAILED;
        };
    }
}
