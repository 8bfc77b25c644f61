/**
 * The engine under the FoundationDB binding's interfaces: ordered storage, versions, conflict
 * resolution, group commit and watches. It knows bytes and versions, not transactions' local
 * writes, options or futures of the binding. Invariants: one thread commits; a version is published
 * only after its group is durable; a view answers for exactly one version for as long as it is
 * held. It may use RocksDB and the binding's exception type, and nothing of the package above it.
 */
@NullMarked
package dev.holdfast.embeddedfdb.engine;

import org.jspecify.annotations.NullMarked;
