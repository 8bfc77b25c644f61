/**
 * The whole engine on a simulated disk, network and clock under one seed: random edits on several
 * devices, lost requests and answers, crashes between any two steps.
 */
@NullMarked
package dev.holdfast.sync.sim;

import org.jspecify.annotations.NullMarked;
