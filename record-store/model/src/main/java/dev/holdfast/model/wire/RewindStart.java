package dev.holdfast.model.wire;

import dev.holdfast.model.Id128;

/**
 * Starts a rewind.
 *
 * @param job chosen by the client, so that a lost answer costs nothing
 */
public record RewindStart(Id128 job, RewindRequest request) {}
