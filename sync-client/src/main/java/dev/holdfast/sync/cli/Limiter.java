package dev.holdfast.sync.cli;

import dev.holdfast.sync.server.Throttle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds the throttles of a running client to what is set and to whether it is paused, and looks
 * again twice a second: a transfer that goes on for hours is reached that way, too.
 */
final class Limiter implements AutoCloseable {
    private static final long PERIOD_MILLIS = 500;

    private final Path state;
    private final Map<String, String> flags;
    private final Map<String, String> environment;
    private final Throttle up = Throttle.system();
    private final Throttle down = Throttle.system();
    private @Nullable FileTime seen;
    private @Nullable Thread watcher;

    Limiter(Path state, Map<String, String> flags, Map<String, String> environment) {
        this.state = state;
        this.flags = flags;
        this.environment = environment;
    }

    Throttle up() {
        return up;
    }

    Throttle down() {
        return down;
    }

    Settings start() throws CommandException, IOException {
        seen = changed();
        return set();
    }

    /** Looks after the limits from now on. */
    void watch() {
        watcher = Thread.ofVirtual().name("limits").start(this::run);
    }

    private void run() {
        try {
            String said = "";
            while (true) {
                Thread.sleep(PERIOD_MILLIS);
                String problem = problem();
                if (!problem.equals(said) && !problem.isEmpty()) {
                    Output.say(problem);
                }
                said = problem;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks once; what cannot be read now may be read at the next look. */
    private String problem() {
        try {
            look();
            return "";
        } catch (IOException e) {
            return "the settings cannot be read; the limits stay as they are: " + e.getMessage();
        }
    }

    @Override
    public void close() {
        Thread running = watcher;
        if (running != null) {
            running.interrupt();
        }
    }

    /** Takes up a changed file; one that cannot be read leaves the limits as they are. */
    void look() throws IOException {
        boolean paused = Files.exists(state.resolve(Runner.PAUSED));
        up.pause(paused);
        down.pause(paused);
        FileTime now = changed();
        if (now != null && !now.equals(seen)) {
            seen = now;
            try {
                Settings settings = set();
                Output.say(
                        "limits are now: up "
                                + RateArgument.text(settings.limitUp())
                                + ", down "
                                + RateArgument.text(settings.limitDown()));
            } catch (CommandException e) {
                Output.say(e.getMessage() + "; the limits stay as they are");
            }
        }
    }

    private @Nullable FileTime changed() throws IOException {
        Path file = state.resolve(Settings.FILE);
        return Files.exists(file) ? Files.getLastModifiedTime(file) : null;
    }

    private Settings set() throws CommandException, IOException {
        Settings settings = Settings.resolve(state, flags, environment);
        up.limit(settings.limitUp());
        down.limit(settings.limitDown());
        return settings;
    }
}
