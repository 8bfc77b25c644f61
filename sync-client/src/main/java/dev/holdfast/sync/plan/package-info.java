/**
 * The planner: a pure function from the three trees to what is to be done next. No I/O, no clock,
 * no randomness; the same trees give the same plan. May use the trees and the model only.
 */
@NullMarked
package dev.holdfast.sync.plan;

import org.jspecify.annotations.NullMarked;
