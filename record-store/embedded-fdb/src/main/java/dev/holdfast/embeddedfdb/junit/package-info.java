/**
 * The engine for other people's tests: a JUnit 5 extension. It needs {@code junit-jupiter-api} on
 * the class path, which the engine itself does not bring.
 */
@NullMarked
package dev.holdfast.embeddedfdb.junit;

import org.jspecify.annotations.NullMarked;
