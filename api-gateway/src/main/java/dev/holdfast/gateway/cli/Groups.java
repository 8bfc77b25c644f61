package dev.holdfast.gateway.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Commands that only group others. */
final class Groups {
    private Groups() {}

    /** What to throw when nothing follows the group's name. */
    static ParameterException missing(@Nullable CommandSpec spec) {
        CommandSpec command = Objects.requireNonNull(spec, "set by the parser");
        return new ParameterException(
                command.commandLine(),
                "what to do? " + String.join(", ", command.subcommands().keySet()));
    }
}
