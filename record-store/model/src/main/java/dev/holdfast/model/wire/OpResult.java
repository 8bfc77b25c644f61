package dev.holdfast.model.wire;

import dev.holdfast.model.ProblemCode;
import org.jspecify.annotations.Nullable;

/**
 * What became of one operation.
 *
 * @param code null when it was done
 * @param detail one sentence for a person; null when it was done
 * @param node done: the node as the operation left it (the conflict copy, where one was made);
 *     rejected: what stands in the way, where there is such a node
 */
public record OpResult(
        long sequence,
        @Nullable ProblemCode code,
        @Nullable String detail,
        @Nullable NodeState node) {
    public boolean done() {
        return code == null;
    }
}
