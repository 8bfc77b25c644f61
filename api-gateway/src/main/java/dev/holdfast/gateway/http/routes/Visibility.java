package dev.holdfast.gateway.http.routes;

import dev.holdfast.model.NamespaceId;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Histogram;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long a change takes to reach a device that waits for it: from the moment this
 * gateway began to execute the operation until it has written the waiter's answer. Counted are
 * devices that waited when the operation was executed, and operations executed here; a poll woken
 * by another gateway is not measured, for the two share no clock.
 *
 * <p>The wake-up may overtake the answer of the commit, so a waiter takes the first operation that
 * committed since it came, or else the first that is still being executed.
 */
final class Visibility {
    private final Histogram seconds;
    private final ConcurrentMap<NamespaceId, Room> rooms = new ConcurrentHashMap<>();

    Visibility(CollectorRegistry registry) {
        seconds =
                Histogram.build(
                                "holdfast_commit_to_visible_seconds",
                                "From the execution of an operation to the answer of a device that"
                                        + " waited for it.")
                        .buckets(.005, .01, .02, .05, .1, .2, .5, 1, 5)
                        .register(registry);
    }

    /** Who waits for a namespace, and what is executed in it; there while somebody waits. */
    private static final class Room {
        private final Set<Waiter> waiters = new HashSet<>();
        private final Set<Execution> executions = new HashSet<>();
    }

    /** A device that waits. */
    static final class Waiter {
        private final NamespaceId ns;
        private long sinceNanos;
        private boolean known;

        private Waiter(NamespaceId ns) {
            this.ns = ns;
        }
    }

    /** Operations being executed. */
    static final class Execution {
        private final NamespaceId ns;
        private final long sinceNanos = System.nanoTime();

        private Execution(NamespaceId ns) {
            this.ns = ns;
        }
    }

    Waiter enter(NamespaceId ns) {
        Waiter waiter = new Waiter(ns);
        rooms.compute(
                ns,
                (key, room) -> {
                    Room there = room == null ? new Room() : room;
                    there.waiters.add(waiter);
                    return there;
                });
        return waiter;
    }

    /** The waiter has nothing to wait for any more; it is still to be answered. */
    void leave(Waiter waiter) {
        rooms.computeIfPresent(
                waiter.ns,
                (key, room) -> {
                    room.waiters.remove(waiter);
                    if (!waiter.known) {
                        for (Execution execution : room.executions) {
                            know(waiter, execution);
                        }
                    }
                    return room.waiters.isEmpty() ? null : room;
                });
    }

    /** The waiter was answered with what it waited for. */
    void answered(Waiter waiter) {
        if (waiter.known) {
            seconds.observe((System.nanoTime() - waiter.sinceNanos) / 1e9);
        }
    }

    /** Null when nobody waits: then there is nothing to measure. */
    @Nullable Execution begin(NamespaceId ns) {
        if (!rooms.containsKey(ns)) {
            return null;
        }
        Execution execution = new Execution(ns);
        Room found =
                rooms.computeIfPresent(
                        ns,
                        (key, room) -> {
                            room.executions.add(execution);
                            return room;
                        });
        return found == null ? null : execution;
    }

    void end(@Nullable Execution execution, boolean committed) {
        if (execution == null) {
            return;
        }
        rooms.computeIfPresent(
                execution.ns,
                (key, room) -> {
                    room.executions.remove(execution);
                    if (committed) {
                        room.waiters.forEach(waiter -> know(waiter, execution));
                    }
                    return room;
                });
    }

    private static void know(Waiter waiter, Execution execution) {
        if (!waiter.known || execution.sinceNanos - waiter.sinceNanos < 0) {
            waiter.known = true;
            waiter.sinceNanos = execution.sinceNanos;
        }
    }
}
