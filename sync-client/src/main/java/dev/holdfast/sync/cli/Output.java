package dev.holdfast.sync.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.wire.WireJson;
import picocli.CommandLine.Option;

/** Data goes to stdout, as text or as JSON; everything said beside it goes to stderr. */
final class Output {
    @Option(names = "--json", description = "print data as JSON, one object a line")
    boolean json;

    boolean json() {
        return json;
    }

    void print(Object value) {
        try {
            System.out.println(WireJson.mapper().writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the answer cannot be written as JSON", e);
        }
    }

    void line(String text) {
        System.out.println(text);
    }

    static void say(String text) {
        System.err.println(text);
    }

    /** A size for people. */
    static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        String[] units = {"KiB", "MiB", "GiB", "TiB"};
        double value = bytes / 1024.0;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(java.util.Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
