package dev.holdfast.gateway.http;

import dev.holdfast.model.ProblemCode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Slows down those who guess: each source has a number of failed attempts that comes back with
 * time. Attempts that succeed cost nothing. It remembers a bounded number of sources; forgetting
 * one gives it its attempts back, which is why the bound is large.
 */
public final class AttemptLimit {
    private static final int SOURCES_MAX = 10_000;

    private final int attemptsMax;
    private final long nanosPerAttempt;
    private final LongSupplier nanoTime;
    private final Map<String, Source> sources =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Source> eldest) {
                    return size() > SOURCES_MAX;
                }
            };

    private record Source(double spent, long atNanos) {}

    /**
     * A limit.
     *
     * @param attemptsMax failures in a row
     * @param window in which all of them come back
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    public AttemptLimit(int attemptsMax, Duration window, LongSupplier nanoTime) {
        this.attemptsMax = attemptsMax;
        this.nanosPerAttempt = window.toNanos() / attemptsMax;
        this.nanoTime = nanoTime;
    }

    /**
     * Passes who may try.
     *
     * @throws ProblemException {@code rate-limited} with the seconds to wait
     */
    public void admit(String source) {
        double spent = spent(source);
        if (spent + 1 > attemptsMax) {
            long seconds =
                    Math.max(
                            1,
                            Duration.ofNanos((long) ((spent + 1 - attemptsMax) * nanosPerAttempt))
                                    .plusMillis(999)
                                    .toSeconds());
            throw ProblemException.limited(
                    "too many wrong attempts; wait " + seconds + " seconds", seconds);
        }
    }

    /** Notes a failure. */
    public void failed(String source) {
        synchronized (sources) {
            sources.put(source, new Source(Math.min(attemptsMax, spent(source) + 1), now()));
        }
    }

    /** What a failed attempt means to this limit. */
    public static boolean isGuess(ProblemCode code) {
        return code == ProblemCode.NOT_SIGNED_IN
                || code == ProblemCode.FORBIDDEN
                || code == ProblemCode.NOT_FOUND
                || code == ProblemCode.ID_REUSED
                || code == ProblemCode.GONE;
    }

    private double spent(String source) {
        synchronized (sources) {
            Source known = sources.get(source);
            if (known == null) {
                return 0;
            }
            double back = (now() - known.atNanos()) / (double) nanosPerAttempt;
            return Math.max(0, known.spent() - back);
        }
    }

    private long now() {
        return nanoTime.getAsLong();
    }
}
