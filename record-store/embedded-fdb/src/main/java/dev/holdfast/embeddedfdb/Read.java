package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.Stored;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A read of a transaction: of what is stored under its own writes. It may be run more than once, as
 * far as what is in memory goes and then again as a whole, and so changes nothing but through what
 * it is given.
 */
@FunctionalInterface
interface Read<T> {
    /**
     * Reads; null where there is no value.
     *
     * @param own the transaction's writes; not changed meanwhile
     * @param dependsOn told the ranges that the outcome depends on, after the last row was read
     */
    @Nullable T from(Stored stored, WriteMap own, BiConsumer<byte[], byte[]> dependsOn);

    /**
     * What of the transaction's writes the read must keep for itself when it goes on while the
     * transaction does, too: it must not see writes made after it began.
     */
    default WriteMap kept(WriteMap own) {
        return own.copy();
    }
}
