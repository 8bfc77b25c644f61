package dev.holdfast.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.wire.WireJson;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * What a command has around it.
 *
 * @param environment variables of the process
 * @param in for secrets that are not to stand in a command
 * @param out data
 * @param err messages
 */
public record Terminal(
        Map<String, String> environment, InputStream in, PrintStream out, PrintStream err) {
    public Terminal {
        environment = Map.copyOf(environment);
    }

    /** Prints a record as one line of JSON. */
    void json(Object value) {
        try {
            out.println(WireJson.mapper().writeValueAsString(value));
            out.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result cannot be written as JSON", e);
        }
    }

    /** A secret: asked for twice where a person sits there, else the first line that comes in. */
    String secret() {
        Optional<Console> console =
                Optional.ofNullable(System.console()).filter(Console::isTerminal);
        if (console.isPresent()) {
            char[] first = console.get().readPassword("Secret: ");
            char[] again = console.get().readPassword("Again: ");
            if (first == null || !Arrays.equals(first, again)) {
                throw new CommandFailure(ExitCode.USAGE, "the two are not the same");
            }
            return new String(first);
        }
        try {
            String line =
                    new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                            .readLine();
            if (line == null) {
                throw new CommandFailure(
                        ExitCode.USAGE, "no secret came in; send it as one line of standard input");
            }
            return line;
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "standard input cannot be read", e);
        }
    }

    void line(String text) {
        out.println(text);
        out.flush();
    }

    void message(String text) {
        err.println(text);
        err.flush();
    }
}
