/**
 * A server process: its configuration, its data directory, the engines it starts and the two
 * listeners it serves on.
 *
 * <p>Invariants: nothing is listened on before everything behind it works; whatever was started is
 * closed in the reverse order, and what was acknowledged is durable before that. Only this package
 * knows which engines run; everything in {@code http} sees the metadata store and the chunk store.
 */
@NullMarked
package dev.holdfast.gateway;

import org.jspecify.annotations.NullMarked;
