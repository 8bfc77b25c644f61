package dev.holdfast.metadata;

import dev.holdfast.model.PackId;

/**
 * The right to append to a pack, until its epoch is raised (T1).
 *
 * @param epoch what every later transaction of the writer has to show
 */
public record PackWriterLease(PackId pack, long epoch) {}
