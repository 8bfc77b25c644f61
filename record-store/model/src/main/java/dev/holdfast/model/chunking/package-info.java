/**
 * Content-defined chunking. Pure functions on bytes: nothing here does I/O. Boundaries decide what
 * can be shared and reused, never whether a content is right, so the server does not depend on
 * them.
 */
@NullMarked
package dev.holdfast.model.chunking;

import org.jspecify.annotations.NullMarked;
