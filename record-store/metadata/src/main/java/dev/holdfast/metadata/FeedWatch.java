package dev.holdfast.metadata;

import java.util.concurrent.CompletableFuture;

/**
 * One waiter for the next change of a namespace. All waiters of a namespace share one watch of the
 * database, which ends with the last of them.
 */
public interface FeedWatch extends AutoCloseable {
    /**
     * Completes, normally, when the head may have moved or the watch was lost. Completed on a
     * thread of the database: continue on another one.
     */
    CompletableFuture<Void> moved();

    @Override
    void close();
}
