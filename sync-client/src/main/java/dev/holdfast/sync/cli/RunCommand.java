package dev.holdfast.sync.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
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

    @Option(
            names = "--limit-up",
            paramLabel = "RATE|off",
            description = "bytes a second that may be sent, like 500K (default: as `limit` set it)")
    @Nullable String limitUp;

    @Option(
            names = "--limit-down",
            paramLabel = "RATE|off",
            description =
                    "bytes a second that may be fetched, like 2M (default: as `limit` set it)")
    @Nullable String limitDown;

    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        try (Limiter limiter = new Limiter(state, flags(), System.getenv())) {
            Integer limit = limit(limiter.start().maxDelete());
            if (once && Files.exists(state.resolve(Runner.PAUSED))) {
                throw new CommandException(
                        ExitCode.PROBLEMS_REMAIN,
                        "syncing is paused, and nothing was done; `holdfast sync resume` goes on");
            }
            limiter.watch();
            return run(state, limit, limiter);
        }
    }

    private int run(Path state, @Nullable Integer limit, Limiter limiter)
            throws CommandException, IOException {
        CountDownLatch ended = new CountDownLatch(1);
        try (Session session = Session.open(state, limit, limiter)) {
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

    private Map<String, String> flags() {
        Map<String, String> flags = new HashMap<>();
        if (limitUp != null) {
            flags.put(Settings.LIMIT_UP, limitUp);
        }
        if (limitDown != null) {
            flags.put(Settings.LIMIT_DOWN, limitDown);
        }
        if (maxDelete != null) {
            flags.put(Settings.MAX_DELETE, maxDelete);
        }
        return flags;
    }

    private static @Nullable Integer limit(@Nullable String asked) throws CommandException {
        if (asked == null) {
            return null;
        }
        if (asked.equals("off")) {
            return Integer.MAX_VALUE;
        }
        try {
            int limit = Integer.parseInt(asked);
            if (limit >= 0) {
                return limit;
            }
        } catch (NumberFormatException e) {
            throw new CommandException(ExitCode.USAGE, "--max-delete takes a number or off");
        }
        throw new CommandException(ExitCode.USAGE, "--max-delete takes a number or off");
    }
}
