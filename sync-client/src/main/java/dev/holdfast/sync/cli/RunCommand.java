package dev.holdfast.sync.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code run}: brings both sides together, once or for as long as it runs. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Keeps the folder and the server equal.")
final class RunCommand implements Callable<Integer> {
    private static final long STOP_SECONDS_MAX = 10;

    @Option(names = "--once", description = "until both sides are equal, then exit")
    boolean once;

    @Option(
            names = "--max-delete",
            paramLabel = "N|off",
            description =
                    "files that may be deleted in an hour before it stops and asks (default: 500 or"
                            + " half of all files, whichever is more)")
    @Nullable String maxDelete;

    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Integer limit = limit();
        Path state = place.resolve();
        CountDownLatch ended = new CountDownLatch(1);
        try (Session session = Session.open(state, limit)) {
            Runner runner = new Runner(session, state, output);
            Thread stop =
                    new Thread(() -> {
                        runner.stop();
                        awaitEnd(ended);
                        Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
                    });
            Runtime.getRuntime().addShutdownHook(stop);
            try {
                return once ? runner.once() : runner.forever();
            } finally {
                release(stop);
            }
        } finally {
            ended.countDown();
        }
    }

    private static void release(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is on its way out by a signal: the hook waits for this thread.
            Output.say("stopped; run it again to go on");
        }
    }

    private static void awaitEnd(CountDownLatch ended) {
        try {
            if (!ended.await(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                Output.say("stopped in the middle of a transfer; run it again to go on");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable Integer limit() throws CommandException {
        if (maxDelete == null) {
            return null;
        }
        if (maxDelete.equals("off")) {
            return Integer.MAX_VALUE;
        }
        try {
            int limit = Integer.parseInt(maxDelete);
            if (limit >= 0) {
                return limit;
            }
        } catch (NumberFormatException e) {
            throw new CommandException(ExitCode.USAGE, "--max-delete takes a number or off");
        }
        throw new CommandException(ExitCode.USAGE, "--max-delete takes a number or off");
    }
}
