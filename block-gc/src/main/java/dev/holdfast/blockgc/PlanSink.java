package dev.holdfast.blockgc;

import dev.holdfast.metadata.Census;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/** Where the lines of a plan go, one by one, and what they add up to. */
final class PlanSink {
    /** Things of one kind that a plan lists; it says so when there are more. */
    static final int LIST_MAX = 10_000;

    private final Consumer<PlanLine> out;
    private final Map<PlanLine.Action, Long> lines = new EnumMap<>(PlanLine.Action.class);
    private final Map<PlanLine.Action, Long> bytes = new EnumMap<>(PlanLine.Action.class);

    PlanSink(Consumer<PlanLine> out) {
        this.out = out;
    }

    void line(PlanLine.Action action, String subject, long size, String why) {
        lines.merge(action, 1L, Long::sum);
        bytes.merge(action, size, Long::sum);
        out.accept(new PlanLine(action, subject, size, why));
    }

    /** Says that a list was cut off, if it was. */
    void andMore(PlanLine.Action action, String things, int listed) {
        if (listed == LIST_MAX) {
            line(action, things, 0, "and more, which the plan does not list");
        }
    }

    GcPlan plan(long capBytes, Census census) {
        return new GcPlan(Map.copyOf(lines), Map.copyOf(bytes), capBytes, census);
    }
}
