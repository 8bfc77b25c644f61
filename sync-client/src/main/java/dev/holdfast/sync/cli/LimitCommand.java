package dev.holdfast.sync.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code limit}: how fast the client may send and fetch; a running one takes it up. */
@Command(
        name = "limit",
        mixinStandardHelpOptions = true,
        description = {
            "Sets how many bytes a second may be sent and fetched; without options, shows it.",
            "A running client takes it up within a second, unless it was started with limits of"
                    + " its own."
        })
final class LimitCommand implements Callable<Integer> {
    @Option(names = "--up", paramLabel = "RATE|off", description = "bytes a second, like 500K")
    @Nullable String up;

    @Option(names = "--down", paramLabel = "RATE|off", description = "bytes a second, like 2M")
    @Nullable String down;

    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig.load(state);
        Map<String, String> changed = new LinkedHashMap<>();
        if (up != null) {
            RateArgument.parse(up);
            changed.put(Settings.LIMIT_UP, up);
        }
        if (down != null) {
            RateArgument.parse(down);
            changed.put(Settings.LIMIT_DOWN, down);
        }
        if (!changed.isEmpty()) {
            Settings.store(state, changed);
        }
        Settings now = Settings.resolve(state, Map.of(), Map.of());
        if (output.json()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("limit_up", now.limitUp());
            answer.put("limit_down", now.limitDown());
            output.print(answer);
        } else {
            output.line("up    " + RateArgument.text(now.limitUp()));
            output.line("down  " + RateArgument.text(now.limitDown()));
        }
        return ExitCode.OK;
    }
}
