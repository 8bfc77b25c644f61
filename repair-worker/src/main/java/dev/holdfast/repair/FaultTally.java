package dev.holdfast.repair;

import dev.holdfast.metadata.ScrubRows;
import dev.holdfast.model.PackId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts what is bad on each DataNode, for its error budget: the sum is the cell's, and a fault is
 * counted once. A pack that cannot be mended is looked at again every few minutes; were its faults
 * added each time, one damaged pack would use up the budget of a whole DataNode. After the window
 * the DataNode's count begins anew, and what is still bad then counts again, as it does after a
 * restart. For one thread.
 */
final class FaultTally {
    private static final int PACKS_MAX = 10_000;

    private final Map<Place, Counted> counted =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Place, Counted> eldest) {
                    return size() > PACKS_MAX;
                }
            };

    private record Place(String node, PackId pack) {}

    private record Counted(long faults, long atMillis) {}

    /**
     * Adds those of a pack that were not counted yet.
     *
     * @return all of the DataNode within the window
     */
    long add(
            ScrubRows rows,
            PackId pack,
            String node,
            String name,
            long faults,
            Duration window,
            long nowMillis) {
        Place place = new Place(node, pack);
        Counted before = counted.remove(place);
        Counted stands =
                before != null && nowMillis - before.atMillis() <= window.toMillis()
                        ? before
                        : new Counted(0, nowMillis);
        long known = stands.faults();
        counted.put(place, new Counted(Math.max(faults, known), stands.atMillis()));
        return rows.fault(node, name, Math.max(0, faults - known), window);
    }
}
