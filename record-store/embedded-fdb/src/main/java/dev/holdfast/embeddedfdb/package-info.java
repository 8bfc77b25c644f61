/**
 * An embedded, single-node FoundationDB behind the Java binding's interfaces (fdb-java 7.1.26, API
 * version 710): transactions with their own writes, conflict ranges, options, retries and watches
 * over the engine package. It may use the binding, the Record Layer (only in the factory for it)
 * and the engine. Invariants: nothing here calls native code of FoundationDB; a transaction's state
 * is guarded by its lock; no future of a caller is completed on the commit thread; no caller waits
 * for the disk to be read.
 */
@NullMarked
package dev.holdfast.embeddedfdb;

import org.jspecify.annotations.NullMarked;
