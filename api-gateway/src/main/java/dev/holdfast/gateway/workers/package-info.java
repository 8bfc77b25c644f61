/**
 * The background workers of a server process, and what an operator can ask of them.
 *
 * <p>{@link dev.holdfast.gateway.workers.Workers} wires the collection, the audit and the cell's
 * gauges to the stores, each a {@link dev.holdfast.gateway.workers.Worker}; scrub and repair are
 * {@code RepairService}.
 *
 * <p>Invariants: a worker never serves users; it takes orders through jobs in the metadata, so that
 * any process can be asked for work that another one does; what deletes goes through a job; workers
 * end before the stores they work on.
 *
 * <p>May use: the modules of the workers and their stores, and the HTTP package's routes.
 */
@NullMarked
package dev.holdfast.gateway.workers;

import org.jspecify.annotations.NullMarked;
