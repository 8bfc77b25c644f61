/**
 * The engine: one control thread that owns the trees, observes, plans and carries out, with
 * hashing, transfers and disk work beside it. Clock, randomness, disk, server, memory and workers
 * come through constructors, so that the whole runs in a simulation.
 */
@NullMarked
package dev.holdfast.sync.engine;

import org.jspecify.annotations.NullMarked;
