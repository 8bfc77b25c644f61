package dev.holdfast.repair;

import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What this process has scrubbed and mended so far, for its metrics. For any number of threads. */
public final class ScrubMeter {
    private final LongAdder scannedBytes = new LongAdder();
    private final Map<Attempt, LongAdder> attempts = new ConcurrentHashMap<>();
    private final LongAdder repairs = new LongAdder();
    private final LongAdder repairNanos = new LongAdder();

    /** A step of the ladder that explained something, and what came of it. */
    public record Attempt(String step, String outcome) {}

    void scanned(long bytes) {
        scannedBytes.add(bytes);
    }

    void attempted(String step, String outcome) {
        attempts.computeIfAbsent(new Attempt(step, outcome), _ -> new LongAdder()).increment();
    }

    void repaired(long nanos) {
        repairs.increment();
        repairNanos.add(nanos);
    }

    /** Bytes read from replicas and checked. */
    public long scannedBytes() {
        return scannedBytes.sum();
    }

    public Map<Attempt, Long> attempts() {
        Map<Attempt, Long> counts =
                new TreeMap<>(Comparator.comparing(Attempt::step).thenComparing(Attempt::outcome));
        attempts.forEach((attempt, count) -> counts.put(attempt, count.sum()));
        return counts;
    }

    /** Packs that were not well, from the first bad read to the last thing done about it. */
    public long repairs() {
        return repairs.sum();
    }

    public double repairSeconds() {
        return repairNanos.sum() / 1e9;
    }
}
