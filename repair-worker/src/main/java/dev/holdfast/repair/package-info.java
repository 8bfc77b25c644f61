/**
 * Finds damage of stored chunks and mends what can be mended.
 *
 * <p>Purpose: the scrub reads sealed packs again and again, the least recently verified first, each
 * time from another replica. What does not read well goes up a ladder, one step after the other,
 * until a step explains it: a glitch, a chunk that moved, a row that is wrong, a replica that is
 * bad, an older copy, a loss. {@link dev.holdfast.repair.RepairWorker} does it by itself and on
 * order, {@link dev.holdfast.repair.IndexRebuild} writes the rows of chunks again from the packs.
 *
 * <p>Invariants: only a digest that does not match, or a DataNode that answers that it has no such
 * bytes, counts as broken; a read that merely failed is tried again later and changes nothing. HDFS
 * is told of a bad replica only after every chunk that was bad on it has a good copy elsewhere that
 * was read back, and every other chunk of the pack was read well from a replica that stays. No file
 * is deleted: a pack with a lost chunk keeps its row, its file and all its replicas.
 *
 * <p>May use: metadata, chunk-store, model.
 */
@NullMarked
package dev.holdfast.repair;

import org.jspecify.annotations.NullMarked;
