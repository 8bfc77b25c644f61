package dev.holdfast.embeddedfdb.engine;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was written when, over the last versions: the resolver's memory.
 *
 * <p>The window is a row of slices, oldest first; each holds the write conflict ranges of a short
 * span of versions. Within a slice, single keys are a map from key to the version of their last
 * write, and wider ranges are a step function (boundary → version of the last write up to the next
 * boundary, 0 for none). A read range at version {@code r} looks only into slices that hold a
 * version after {@code r}, newest first, so a check costs by the age of the reader and by the
 * bounded size of one slice, not by the age or size of the window; forgetting is dropping a slice.
 *
 * <p>Used by the commit thread alone.
 */
final class ConflictWindow {
    private static final int SLICE_ENTRIES_MAX = 1_024;

    private static final class Slice {
        final TreeMap<byte[], Long> points = new TreeMap<>(Keys.ORDER);
        final TreeMap<byte[], Long> steps = new TreeMap<>(Keys.ORDER);
        long bytes;
        long lastVersion;
        final long firstVersion;

        Slice(long firstVersion) {
            this.firstVersion = firstVersion;
            lastVersion = firstVersion;
        }
    }

    private final ArrayDeque<Slice> slices = new ArrayDeque<>();
    private final long sliceVersionsMax;
    private long forgottenBefore;
    private long bytes;

    /**
     * @param windowVersions length of the window, in versions
     * @param forgottenBefore reads at versions below this one cannot be judged
     */
    ConflictWindow(long windowVersions, long forgottenBefore) {
        sliceVersionsMax = Math.max(1, windowVersions / 50);
        this.forgottenBefore = forgottenBefore;
    }

    /** The oldest read version whose conflicts are still known. */
    long oldestVersion() {
        return forgottenBefore;
    }

    /** Approximate memory of the window, in bytes. */
    long bytes() {
        return bytes;
    }

    /** Whether anything in {@code [begin, end)} was written after {@code readVersion}. */
    boolean writtenAfter(byte[] begin, byte[] end, long readVersion) {
        if (Keys.compare(begin, end) >= 0) {
            return false;
        }
        boolean single = Keys.isSingle(begin, end);
        Iterator<Slice> newestFirst = slices.descendingIterator();
        while (newestFirst.hasNext()) {
            Slice slice = newestFirst.next();
            if (slice.lastVersion <= readVersion) {
                return false;
            }
            if (single ? keyHit(slice, begin, readVersion) : hit(slice, begin, end, readVersion)) {
                return true;
            }
        }
        return false;
    }

    private static boolean keyHit(Slice slice, byte[] key, long readVersion) {
        Long written = slice.points.get(key);
        if (written != null && written > readVersion) {
            return true;
        }
        Map.Entry<byte[], Long> step = slice.steps.floorEntry(key);
        return step != null && step.getValue() > readVersion;
    }

    private static boolean hit(Slice slice, byte[] begin, byte[] end, long readVersion) {
        for (long written : slice.points.subMap(begin, true, end, false).values()) {
            if (written > readVersion) {
                return true;
            }
        }
        Map.Entry<byte[], Long> first = slice.steps.floorEntry(begin);
        if (first != null && first.getValue() > readVersion) {
            return true;
        }
        for (long written : slice.steps.subMap(begin, true, end, false).values()) {
            if (written > readVersion) {
                return true;
            }
        }
        return false;
    }

    /** Records a write of {@code [begin, end)} at a version not older than any before. */
    void add(byte[] begin, byte[] end, long version) {
        if (Keys.compare(begin, end) >= 0) {
            return;
        }
        Slice slice = sliceFor(version);
        long before = slice.bytes;
        if (Keys.isSingle(begin, end)) {
            if (slice.points.put(begin, version) == null) {
                slice.bytes += begin.length + 96L;
            }
        } else {
            Map.Entry<byte[], Long> atEnd = slice.steps.floorEntry(end);
            long resumed = atEnd == null ? 0 : atEnd.getValue();
            slice.steps.subMap(begin, true, end, false).clear();
            slice.steps.put(begin, version);
            slice.steps.putIfAbsent(end, resumed);
            slice.bytes += begin.length + end.length + 192L;
        }
        bytes += slice.bytes - before;
    }

    private Slice sliceFor(long version) {
        Slice newest = slices.peekLast();
        if (newest == null
                || (version != newest.lastVersion
                        && (version - newest.firstVersion >= sliceVersionsMax
                                || newest.points.size() + newest.steps.size()
                                        >= SLICE_ENTRIES_MAX))) {
            newest = new Slice(version);
            slices.addLast(newest);
        }
        newest.lastVersion = version;
        return newest;
    }

    /** Forgets slices that lie wholly before the version. */
    void forgetBefore(long version) {
        forgottenBefore = Math.max(forgottenBefore, version);
        Slice oldest = slices.peekFirst();
        while (oldest != null && oldest.lastVersion < version) {
            slices.removeFirst();
            bytes -= oldest.bytes;
            oldest = slices.peekFirst();
        }
    }
}
