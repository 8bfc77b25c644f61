/**
 * The JSON bodies of the HTTP API as records: what the gateway answers is what the client reads,
 * and metadata speaks the same types. Property names on the wire are in snake_case ({@link
 * dev.holdfast.model.wire.WireJson}). Records that hold lists bound them in their compact
 * constructors, so a body that was parsed is of a size within limits. A property that was left out
 * reads as null: the gateway refuses that unless the component is {@code @Nullable}. What else a
 * value has to be is checked where it is used.
 */
@NullMarked
package dev.holdfast.model.wire;

import org.jspecify.annotations.NullMarked;
