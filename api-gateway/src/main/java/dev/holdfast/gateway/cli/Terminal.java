package dev.holdfast.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.wire.WireJson;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

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

    void line(String text) {
        out.println(text);
        out.flush();
    }

    void message(String text) {
        err.println(text);
        err.flush();
    }
}
