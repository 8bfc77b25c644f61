/**
 * A stack machine that speaks FoundationDB's published binding-tester instruction set, programs for
 * it made from seeds, and a plain model of what each instruction does. The same program runs on the
 * embedded engine, on the model and, where {@code HOLDFAST_FDB_CLUSTER_FILE} names one, on a real
 * cluster; whatever it leaves behind must be equal, byte for byte.
 *
 * <p>Invariants: the model shares no code with the engine; a program gives the same result each
 * time it runs on the same target, but for versions and versionstamps, which are compared by rank.
 * It may use the binding's interfaces and tuple layer, and of the engine only its way to open it.
 */
@NullMarked
package dev.holdfast.embeddedfdb.bindingtester;

import org.jspecify.annotations.NullMarked;
