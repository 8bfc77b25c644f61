/**
 * Collection of what nothing references any more, and of the space it takes.
 *
 * <p>Purpose: expired uploads and doomed contents lose their references; chunks without one are
 * condemned, and dropped after a grace; packs that became sparse are rewritten; packs that became
 * empty go to the trash, are inspected and deleted. {@link dev.holdfast.blockgc.Collector} does it
 * once, or says what it would do; {@link dev.holdfast.blockgc.GcWorker} does it again and again and
 * takes orders. Any number of workers on any number of machines share the work by leases.
 *
 * <p>Wiring: {@code new Collector(CollectionStore.open(database, config), metadata.chunks(),
 * HdfsPacks.open(uri, configuration, chunkStoreConfig), new UpkeepRetention(metadata.upkeep()),
 * CollectorConfig.of(chunkStoreConfig.packBytesMax(), settings), clock,
 * AdaptivePacer.system(settings.pace()))}, then {@code new GcWorker(collector, clock, holder)},
 * {@code start()} and, at the end, {@code close()} of both. {@code gc plan}, and {@code gc run}
 * without {@code --delete}, is {@link dev.holdfast.blockgc.GcWorker#plan}; {@code gc run --delete}
 * is a job that {@link dev.holdfast.blockgc.GcWorker#submit} queues for whichever worker is free.
 * In the metadata's process start the worker after the chunk store has looked for packs of dead
 * writers.
 *
 * <p>Invariants: safety rests on the transactions of {@link dev.holdfast.metadata.CollectionStore}
 * alone, never on time or on a list; a cut-off is fixed before the list it applies to is read; an
 * error of any read ends the run; no file is deleted before an independent look into it; nothing
 * that is alive is scanned to find garbage.
 *
 * <p>May use: metadata, chunk-store, model.
 */
@NullMarked
package dev.holdfast.blockgc;

import org.jspecify.annotations.NullMarked;
