/** The sync client. */
@NullMarked
package dev.holdfast.sync;

import org.jspecify.annotations.NullMarked;
