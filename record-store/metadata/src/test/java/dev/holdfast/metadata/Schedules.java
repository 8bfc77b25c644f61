package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tries every order of the steps of some actors, from a fresh start each. */
final class Schedules {
    private static final int RUNS_MAX = 3_000;

    private final CollectionWorld world;

    Schedules(CollectionWorld world) {
        this.world = world;
    }

    /**
     * One start.
     *
     * @param verdict what is wrong at the end; null when nothing is
     */
    record Start(Map<String, Runnable> actors, Supplier<@Nullable String> verdict) {}

    /** How many orders there are, up to the first that went wrong, and what was wrong. */
    record Outcome(int orders, @Nullable String wrong) {}

    private Outcome explore(Supplier<Start> prepare, List<Interleaving.Weak> weak) {
        List<Integer> choices = List.of();
        for (int orders = 1; orders <= RUNS_MAX; orders++) {
            Start start = prepare.get();
            Interleaving.Trace trace;
            try {
                trace = world.interleaving.run(start.actors(), choices, weak);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            String verdict = start.verdict().get();
            if (verdict != null) {
                return new Outcome(orders, verdict + " after " + trace.steps());
            }
            List<Integer> next = trace.next();
            if (next == null) {
                return new Outcome(orders, null);
            }
            choices = next;
        }
        throw new AssertionError("more than " + RUNS_MAX + " orders");
    }

    /** Nothing goes wrong in any order. */
    void hold(Supplier<Start> prepare) {
        Outcome outcome = explore(prepare, List.of());
        assertThat(outcome.wrong()).isNull();
        assertThat(outcome.orders()).as("orders tried").isGreaterThan(3);
    }

    /** With these reads at snapshot something does: the reads are load-bearing, and tested. */
    void breakWith(Supplier<Start> prepare, Interleaving.Weak... weak) {
        assertThat(explore(prepare, List.of(weak)).wrong()).isNotNull();
    }
}
