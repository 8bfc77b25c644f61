/**
 * Benchmarks, run by hand with {@code holdfast bench}. Each prints figures with the baseline of the
 * same run beside them, because machines differ and drift; nothing here fails on a slow machine.
 */
@NullMarked
package dev.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
