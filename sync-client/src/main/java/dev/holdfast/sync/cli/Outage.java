package dev.holdfast.sync.cli;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Whether a run that is to come to an end still waits for a server that fails. It is patient with
 * one that was there and less so with one that never answered, and counts from the first failure:
 * an upload of hours does not end because of one cut line.
 */
final class Outage {
    static final Duration FIRST_CONTACT_MAX = Duration.ofSeconds(30);
    static final Duration MAX = Duration.ofMinutes(3);

    /** Where bytes go over but no cycle ever ends, waiting longer does not help. */
    static final int FAILURES_MAX = 1_000;

    private final LongSupplier nanoTime;
    private boolean contact;
    private long since;
    private long moved;
    private int failures;

    Outage(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The server did all it was asked. */
    void over() {
        contact = true;
        failures = 0;
    }

    /**
     * The server failed.
     *
     * @param total bytes that have gone over the wire in this run; more than at the last failure
     *     means that the server was there in between
     * @return true when it is time to give up
     */
    boolean failed(long total) {
        if (failures == 0 || total > moved) {
            since = nanoTime.getAsLong();
        }
        contact |= total > 0;
        moved = total;
        failures++;
        Duration limit = contact ? MAX : FIRST_CONTACT_MAX;
        return failures > FAILURES_MAX || nanoTime.getAsLong() - since > limit.toNanos();
    }
}
