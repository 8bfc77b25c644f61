package dev.holdfast.gateway.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the current thread serves, for metrics of what it asks the stores for. */
public final class Operation {
    /** What is not done for a request. */
    public static final String BACKGROUND = "background";

    private static final ThreadLocal<@Nullable String> CURRENT = new ThreadLocal<>();

    private Operation() {}

    /** A short name, one of few: the last fixed part of the route's path. */
    public static String current() {
        String name = CURRENT.get();
        return name == null ? BACKGROUND : name;
    }

    static void begin(String name) {
        CURRENT.set(name);
    }

    static void end() {
        CURRENT.remove();
    }

    static String of(Route route) {
        List<String> parts = List.of(route.pattern().split("/", -1));
        for (String part : parts.reversed()) {
            if (!part.isEmpty() && !part.startsWith("{")) {
                return part.replace('-', '_').replace(".yaml", "");
            }
        }
        return BACKGROUND;
    }
}
