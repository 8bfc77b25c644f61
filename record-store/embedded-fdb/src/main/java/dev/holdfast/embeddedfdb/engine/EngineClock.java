package dev.holdfast.embeddedfdb.engine;

import java.time.Clock;
import java.util.function.LongSupplier;

/**
 * Time as the engine sees it: microseconds that never go back. FoundationDB's versions advance by a
 * million a second, so one microsecond is one version.
 */
@FunctionalInterface
public interface EngineClock {
    /** Microseconds since the epoch, monotonic within a process. */
    long micros();

    /** The wall clock's time at this call, carried on by the nanosecond counter. */
    static EngineClock system() {
        return from(Clock.systemUTC(), System::nanoTime);
    }

    private static EngineClock from(Clock wall, LongSupplier nanos) {
        long startMicros = wall.millis() * 1_000;
        long startNanos = nanos.getAsLong();
        return () -> startMicros + (nanos.getAsLong() - startNanos) / 1_000;
    }
}
