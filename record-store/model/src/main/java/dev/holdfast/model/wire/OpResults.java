package dev.holdfast.model.wire;

import java.util.List;

/** Answer to an {@link OpBatch}: one result an operation, in the same order. */
public record OpResults(List<OpResult> results) {
    public OpResults {
        results = List.copyOf(results);
    }
}
