/**
 * Holdfast as real processes: the launcher started as a person would start it, its output read, its
 * processes killed. For end-to-end tests and benchmarks; uses nothing of the server or the client
 * in the JVM.
 */
@NullMarked
package dev.holdfast.testing.process;

import org.jspecify.annotations.NullMarked;
