package dev.holdfast.sync.engine;

import java.util.Map;

/**
 * How things stand after a cycle.
 *
 * @param equal both sides are equal, apart from what {@code waiting} names
 * @param waiting by path: what is not in step, and why
 * @param heldDeletes files that are not deleted before somebody confirms it
 * @param changed something was done in this cycle
 */
public record Report(boolean equal, Map<String, String> waiting, int heldDeletes, boolean changed) {
    public Report {
        waiting = Map.copyOf(waiting);
    }

    /** True when nothing is left to do or to ask. */
    public boolean clean() {
        return equal && waiting.isEmpty() && heldDeletes == 0;
    }
}
