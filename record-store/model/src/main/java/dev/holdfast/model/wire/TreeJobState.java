package dev.holdfast.model.wire;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import org.jspecify.annotations.Nullable;

/**
 * Work on a namespace that takes many transactions.
 *
 * @param kind purge, drop, rewind or sweep
 * @param state running, paused, done or cancelled
 * @param doneItems rows it has worked off
 * @param skippedItems what it left alone, because it changed meanwhile or cannot be changed
 * @param finishedAtMillis null while it is not finished
 * @param problem why the last step failed, or why it was cancelled; null when all is well
 */
public record TreeJobState(
        Id128 job,
        NamespaceId namespace,
        String kind,
        String state,
        long doneSteps,
        long doneItems,
        long skippedItems,
        long createdAtMillis,
        @Nullable Long finishedAtMillis,
        @Nullable String problem) {}
