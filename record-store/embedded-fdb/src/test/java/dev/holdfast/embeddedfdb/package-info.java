/** Tests of the embedded engine, through the binding's interfaces and the Record Layer. */
@NullMarked
package dev.holdfast.embeddedfdb;

import org.jspecify.annotations.NullMarked;
