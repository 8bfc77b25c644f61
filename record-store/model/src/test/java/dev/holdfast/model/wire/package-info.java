/** Tests of the wire records. */
@NullMarked
package dev.holdfast.model.wire;

import org.jspecify.annotations.NullMarked;
