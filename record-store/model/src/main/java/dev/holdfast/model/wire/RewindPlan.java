package dev.holdfast.model.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of what a rewind would do, in no order that matters. A page can be empty and have a next.
 *
 * @param version the commit version whose state is wanted, to be named when the rewind is started
 * @param next opaque, to be sent as {@code after}; null on the last page
 */
public record RewindPlan(long version, List<RewindStep> steps, @Nullable String next) {
    public RewindPlan {
        steps = List.copyOf(steps);
    }
}
