/** Scrub, diagnosis and repair of chunks. */
@NullMarked
package dev.holdfast.repair;

import org.jspecify.annotations.NullMarked;
