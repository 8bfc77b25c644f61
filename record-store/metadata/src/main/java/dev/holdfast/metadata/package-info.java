/** The Record Layer schema and every transaction on it. */
@NullMarked
package dev.holdfast.metadata;

import org.jspecify.annotations.NullMarked;
