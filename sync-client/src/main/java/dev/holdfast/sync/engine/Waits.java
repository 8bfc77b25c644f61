package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Nodes about which something failed, until when they are left alone, and why. */
final class Waits {
    /** A race with somebody else is simply tried again, this often. */
    private static final int FREE_ATTEMPTS = 4;

    private static final long FIRST_MILLIS = 1_000;
    private static final long LAST_MILLIS = 60_000;

    private record Wait(long untilMillis, int attempts, String reason) {}

    private final InstantSource clock;
    private final Map<NodeId, Wait> waits = new LinkedHashMap<>();

    Waits(InstantSource clock) {
        this.clock = clock;
    }

    /** Something that may be over in a moment. */
    void race(NodeId node, String reason) {
        Wait before = waits.get(node);
        int attempts = before == null ? 1 : before.attempts + 1;
        long pause =
                attempts <= FREE_ATTEMPTS
                        ? 0
                        : Math.min(
                                LAST_MILLIS,
                                FIRST_MILLIS << Math.min(10, attempts - FREE_ATTEMPTS - 1));
        waits.put(node, new Wait(clock.millis() + pause, attempts, reason));
    }

    /** Something that needs a person, or at least time. */
    void problem(NodeId node, String reason) {
        Wait before = waits.get(node);
        int attempts = before == null ? FREE_ATTEMPTS + 1 : before.attempts + 1;
        waits.put(node, new Wait(clock.millis() + LAST_MILLIS, attempts, reason));
    }

    void over(NodeId node) {
        waits.remove(node);
    }

    /** Drops what is said about nodes that are no more: temporary files come and go for years. */
    void keep(Predicate<NodeId> there) {
        waits.keySet().removeIf(node -> !there.test(node));
    }

    boolean waits(NodeId node) {
        Wait wait = waits.get(node);
        return wait != null && left(wait) > 0;
    }

    /** None, too, when a clock was set back meanwhile: it must not lead to waiting for a year. */
    private long left(Wait wait) {
        long left = wait.untilMillis - clock.millis();
        return left > LAST_MILLIS ? 0 : Math.max(0, left);
    }

    @Nullable String reason(NodeId node) {
        Wait wait = waits.get(node);
        return wait == null ? null : wait.reason;
    }

    /** Reasons of all that wait now. */
    Map<NodeId, String> current() {
        Map<NodeId, String> current = new LinkedHashMap<>();
        waits.forEach((node, wait) -> {
            if (waits(node)) {
                current.put(node, wait.reason);
            }
        });
        return current;
    }

    /** How long the next wait still lasts; {@link Long#MAX_VALUE} when nothing waits. */
    long nextInMillis() {
        long next = Long.MAX_VALUE;
        for (Wait wait : waits.values()) {
            if (left(wait) > 0) {
                next = Math.min(next, left(wait));
            }
        }
        return next;
    }
}
