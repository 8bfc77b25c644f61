/**
 * The JSON bodies of the HTTP API as records: what the gateway answers is what the client reads,
 * and metadata speaks the same types. Property names on the wire are in snake_case ({@link
 * dev.holdfast.model.wire.WireJson}). Each record validates itself in its compact constructor, so a
 * body that was parsed is a body within limits.
 */
@NullMarked
package dev.holdfast.model.wire;

import org.jspecify.annotations.NullMarked;
