/**
 * Fuzzing of what the engine parses: versionstamp offsets, key selectors and the files of a
 * database. The classes named {@code …Target} are Jazzer targets; to run one, put the module's test
 * class path on a command line of {@code com.code_intelligence.jazzer.Jazzer} with {@code
 * --target_class} and {@code --instrumentation_includes=dev.holdfast.embeddedfdb.**}. The normal
 * build gives each target some seeded inputs, without Jazzer's instrumentation, which would reach
 * into the other tests of the same process.
 */
@NullMarked
package dev.holdfast.embeddedfdb.fuzz;

import org.jspecify.annotations.NullMarked;
