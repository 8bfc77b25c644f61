/**
 * What the client remembers between runs: the three trees, the cursor, operations on their way and
 * where known chunks lie. Observations only; what is to be done follows from them. May use the
 * trees, the model and SQLite.
 */
@NullMarked
package dev.holdfast.sync.store;

import org.jspecify.annotations.NullMarked;
