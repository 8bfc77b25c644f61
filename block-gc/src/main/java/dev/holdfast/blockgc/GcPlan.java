package dev.holdfast.blockgc;

import dev.holdfast.metadata.Census;
import java.util.Map;

/**
 * What the lines of a plan add up to.
 *
 * @param lines per action
 * @param bytes per action
 * @param capBytes what a run may free at once without being forced
 * @param census what there is now, per state
 */
public record GcPlan(
        Map<PlanLine.Action, Long> lines,
        Map<PlanLine.Action, Long> bytes,
        long capBytes,
        Census census) {
    /** Whether the guard would stop the run. */
    public boolean refused() {
        return bytes.getOrDefault(PlanLine.Action.DROP, 0L) > capBytes
                || bytes.getOrDefault(PlanLine.Action.DELETE, 0L) > capBytes;
    }
}
