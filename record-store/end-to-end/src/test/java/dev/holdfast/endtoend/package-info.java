/**
 * Holdfast as its users run it: the distribution's launcher, real processes, real folders, and the
 * promises of the overview put to the test by killing and damaging things. Also the rules that the
 * whole code base is held to.
 */
@NullMarked
package dev.holdfast.endtoend;

import org.jspecify.annotations.NullMarked;
