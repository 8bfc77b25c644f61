/**
 * Bytes in and out: framed uploads and downloads, whole files with ranges, plain uploads.
 *
 * <p>Invariants: no byte leaves before its chunk's SHA-256 was checked; no chunk is stored before
 * its content was found to belong to the caller's upload; what one request holds in memory is
 * bounded, and so is what all of them hold. May use {@code http}, the model and the two stores.
 */
@NullMarked
package dev.holdfast.gateway.http.transfer;

import org.jspecify.annotations.NullMarked;
