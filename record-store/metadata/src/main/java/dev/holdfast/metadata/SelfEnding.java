package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A change that takes its author's own right to make it: leaving a namespace, stepping down,
 * dropping it, revoking the device one asks with. When the commit is reported as unknown and
 * happened, the next try would find the caller without that right and refuse what was done. So a
 * try that was allowed is remembered: where the next one finds what it wanted, that was it, or
 * another came to the same.
 *
 * <p>For one call; not safe for several threads.
 */
final class SelfEnding<T> {
    private @Nullable Answer<T> tried;

    /**
     * Runs in each try of the transaction.
     *
     * @param there whether what is wanted is so already, read serializably
     * @param change the whole body, with the check of the caller
     */
    Answer<T> run(BooleanSupplier there, Supplier<Answer<T>> change) {
        Answer<T> before = tried;
        if (before != null && there.getAsBoolean()) {
            return before;
        }
        Answer<T> now = change.get();
        tried = now instanceof Answer.Ok<T> ? now : null;
        return now;
    }
}
