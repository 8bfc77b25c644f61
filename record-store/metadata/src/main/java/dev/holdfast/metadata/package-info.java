/**
 * The Record Layer schema and every transaction on it.
 *
 * <p>Purpose: accounts, devices, namespaces, nodes, versions, the changelog, uploads and the rows
 * of chunks and packs, each operation one strictly serializable transaction (or a few, where it
 * says so).
 *
 * <p>Invariants: access is decided in the transaction that serves the request; a result is stored
 * in the transaction that made it; time delays and expires, it never orders; nothing is released
 * after an unknown outcome.
 *
 * <p>May use: model, the Record Layer and the FoundationDB binding. Everything public here blocks
 * and is meant for virtual threads.
 */
@NullMarked
package dev.holdfast.metadata;

import org.jspecify.annotations.NullMarked;
