/** Collection of chunks that nothing references. */
@NullMarked
package dev.holdfast.blockgc;

import org.jspecify.annotations.NullMarked;
