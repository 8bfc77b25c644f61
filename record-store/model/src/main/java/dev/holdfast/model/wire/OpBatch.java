package dev.holdfast.model.wire;

import dev.holdfast.model.Limits;
import java.util.List;

/**
 * Body of {@code POST /v1/namespaces/{ns}/ops}: executed in order, each on its own.
 *
 * @param outstanding the lowest sequence whose result the device may still ask for; results below
 *     it are forgotten
 */
public record OpBatch(long outstanding, List<Op> ops) {
    public OpBatch {
        ops = List.copyOf(ops);
        if (ops.isEmpty() || ops.size() > Limits.BATCH_OPS_MAX) {
            throw new IllegalArgumentException(
                    "a batch holds 1 to " + Limits.BATCH_OPS_MAX + " operations");
        }
    }
}
