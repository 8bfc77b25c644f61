package dev.holdfast.model;

import dev.holdfast.model.wire.NodeState;
import org.jspecify.annotations.Nullable;

/**
 * Why something was refused, and what the refused party can go on from.
 *
 * @param detail one sentence for a person: what is wrong and what to do
 * @param current the node as it is now, where the refusal is about a node the caller may see
 */
public record Refusal(ProblemCode code, String detail, @Nullable NodeState current) {
    public static Refusal of(ProblemCode code, String detail) {
        return new Refusal(code, detail, null);
    }
}
