package dev.holdfast.metadata.jobs;

import java.util.Map;

/**
 * How far a job is.
 *
 * @param cursor where to go on, as its kind understands it; empty at the beginning
 * @param counts what it did so far, by name
 * @param itemsDone of {@code itemsTotal}; totals are 0 where nobody knows them
 * @param bytesDone of {@code bytesTotal}
 * @param remainingMillis until the end of what it does now, as its worker saw it; {@link #UNKNOWN}
 *     where it could not tell
 */
public record JobProgress(
        String cursor,
        Map<String, Long> counts,
        long itemsDone,
        long itemsTotal,
        long bytesDone,
        long bytesTotal,
        long remainingMillis) {
    /** Nobody can tell how long it takes. */
    public static final long UNKNOWN = -1;

    /** Nothing done. */
    public static final JobProgress NONE = new JobProgress("", Map.of(), 0, 0, 0, 0, UNKNOWN);

    public JobProgress {
        counts = Map.copyOf(counts);
    }
}
