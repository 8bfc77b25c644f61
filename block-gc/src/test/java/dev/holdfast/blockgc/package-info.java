/** Tests of the collection. */
@NullMarked
package dev.holdfast.blockgc;

import org.jspecify.annotations.NullMarked;
