package dev.holdfast.chunkstore;

import java.util.List;

/**
 * How values spread, since the store was opened.
 *
 * @param bounds upper bounds of the buckets, ascending and inclusive
 * @param counts values a bucket, one more than bounds: the last is of what lies above them all
 * @param sum of all values
 */
public record Distribution(List<Double> bounds, List<Long> counts, double sum) {
    /** How many values there were. */
    public long count() {
        return counts.stream().mapToLong(Long::longValue).sum();
    }
}
