/**
 * The Record Layer, whole, on the embedded engine: every index type, online index builds under
 * concurrent writes, key spaces, ranked sets, locks and the evolution of a schema. Each answer is
 * compared with one computed from a plain map of the records. These tests know the engine only
 * through the Record Layer's interfaces.
 */
@NullMarked
package dev.holdfast.embeddedfdb.recordlayer;

import org.jspecify.annotations.NullMarked;
