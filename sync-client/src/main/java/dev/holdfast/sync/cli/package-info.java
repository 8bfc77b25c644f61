/**
 * The command line of the client: what is typed, what is printed, exit codes, and the loop that
 * keeps the engine running. May use everything else of the client.
 */
@NullMarked
package dev.holdfast.sync.cli;

import org.jspecify.annotations.NullMarked;
