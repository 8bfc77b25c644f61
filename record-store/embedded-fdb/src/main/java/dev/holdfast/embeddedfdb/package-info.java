/** An embedded, single-node FoundationDB engine behind the Java binding's interfaces. */
@NullMarked
package dev.holdfast.embeddedfdb;

import org.jspecify.annotations.NullMarked;
