package dev.holdfast.embeddedfdb.engine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A native resource that is freed when its owner has let go and nobody uses it any more. Users
 * bracket each use with {@link #acquire} and {@link #release}; after the owner's {@link #retire} no
 * new use begins.
 */
abstract class Counted {
    private static final int RETIRED = 1 << 30;

    private final AtomicInteger state = new AtomicInteger();

    /** Begins a use; false when the resource is retired. */
    final boolean acquire() {
        while (true) {
            int users = state.get();
            if (users >= RETIRED) {
                return false;
            }
            if (state.compareAndSet(users, users + 1)) {
                return true;
            }
        }
    }

    final void release() {
        if (state.decrementAndGet() == RETIRED) {
            free();
        }
    }

    /** Lets no new use begin and frees the resource once the last one ends. Idempotent. */
    final void retire() {
        while (true) {
            int users = state.get();
            if (users >= RETIRED) {
                return;
            }
            if (state.compareAndSet(users, users + RETIRED)) {
                if (users == 0) {
                    free();
                }
                return;
            }
        }
    }

    final boolean isRetired() {
        return state.get() >= RETIRED;
    }

    /** Called once, when retired and unused. */
    abstract void free();
}
