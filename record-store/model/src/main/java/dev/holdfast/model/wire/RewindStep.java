package dev.holdfast.model.wire;

import dev.holdfast.model.NodeId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One node of a plan.
 *
 * @param path from the namespace's root: where it was then; for what was not there, where it is
 * @param to the place it gets back; null where it keeps the one it has
 * @param contentRev the content it gets back; null where it keeps the one it has
 */
public record RewindStep(
        NodeId node,
        String path,
        NodeKind kind,
        List<RewindAction> actions,
        @Nullable Place to,
        @Nullable Long contentRev) {
    public RewindStep {
        actions = List.copyOf(actions);
    }
}
