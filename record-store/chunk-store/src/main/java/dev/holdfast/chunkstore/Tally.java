package dev.holdfast.chunkstore;

import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** Counts values into buckets; for any number of threads. */
final class Tally {
    private static final double NANOS_PER_SECOND = 1e9;

    private final List<Double> bounds;
    private final List<LongAdder> counts;
    private final DoubleAdder sum = new DoubleAdder();

    private Tally(Double... bounds) {
        this.bounds = List.of(bounds);
        this.counts = Stream.generate(LongAdder::new).limit(bounds.length + 1L).toList();
    }

    /** Of times; from a millisecond to what a request may take. */
    static Tally ofSeconds() {
        return new Tally(.001, .003, .01, .03, .1, .3, 1d, 3d, 10d, 30d);
    }

    /** Of how many there are of something. */
    static Tally ofSizes() {
        return new Tally(1d, 2d, 4d, 8d, 16d, 32d, 64d, 128d, 256d);
    }

    void observe(double value) {
        int bucket = 0;
        while (bucket < bounds.size() && value > bounds.get(bucket)) {
            bucket++;
        }
        counts.get(bucket).increment();
        sum.add(value);
    }

    void observeNanos(long nanos) {
        observe(nanos / NANOS_PER_SECOND);
    }

    Distribution snapshot() {
        return new Distribution(bounds, counts.stream().map(LongAdder::sum).toList(), sum.sum());
    }
}
