package dev.holdfast.model.wire;

import dev.holdfast.model.Limits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /v1/namespaces/{ns}/ops}: executed in order, each on its own.
 *
 * @param outstanding the lowest sequence whose result the device may still ask for; results below
 *     it are forgotten
 * @param seen the feed cursor up to which the author had read when it decided on them. Where that
 *     is not of this server's history, for it was restored from a backup since, nothing is executed
 *     that was not executed before: revisions count again from the backup on, so a base could seem
 *     to be the one that was seen. Null when the author knows what it does
 */
public record OpBatch(long outstanding, @Nullable String seen, List<Op> ops) {
    public OpBatch {
        ops = List.copyOf(ops);
        if (ops.isEmpty() || ops.size() > Limits.BATCH_OPS_MAX) {
            throw new IllegalArgumentException(
                    "a batch holds 1 to " + Limits.BATCH_OPS_MAX + " operations");
        }
    }

    /** Operations that do not depend on what was read from the feed. */
    public OpBatch(long outstanding, List<Op> ops) {
        this(outstanding, null, ops);
    }
}
