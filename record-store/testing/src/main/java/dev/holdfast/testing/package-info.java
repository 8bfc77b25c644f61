/** Fault injectors, simulations and contract suites for tests. */
@NullMarked
package dev.holdfast.testing;

import org.jspecify.annotations.NullMarked;
