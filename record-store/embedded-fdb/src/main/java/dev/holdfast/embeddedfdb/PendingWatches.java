package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import dev.holdfast.embeddedfdb.engine.Engine;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.MutationKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The watches of a transaction that has not committed yet. A watch made before the transaction
 * writes its key expects the value it read; if the transaction then writes another value, the watch
 * fires at once, as in the real client.
 */
final class PendingWatches {
    private static final class Pending {
        final byte[] key;
        final byte @Nullable [] expected;
        final CompletableFuture<Void> fired;

        Pending(byte[] key, byte @Nullable [] expected, CompletableFuture<Void> fired) {
            this.key = key;
            this.expected = expected;
            this.fired = fired;
        }
    }

    /**
     * The watches from one beginning of the transaction to its commit or other end. The value that
     * a watch starts from may arrive only after that, and then what became of the attempt counts.
     */
    static final class Attempt {
        private final List<Pending> pending = new ArrayList<>();
        private boolean committed;
        private @Nullable EmbeddedFdbException failed;
    }

    private final TransactionCore core;
    private Attempt attempt = new Attempt();

    PendingWatches(TransactionCore core) {
        this.core = core;
    }

    CompletableFuture<Void> watch(byte[] key) {
        byte[] ownKey = key.clone();
        Attempt begun = core.locked(() -> attempt);
        CompletableFuture<byte[]> value =
                core.underWay.startAside(
                        () -> {
                            if (core.settings.readYourWritesDisabled) {
                                throw FdbError.WATCHES_DISABLED.exception();
                            }
                            CompletableFuture<byte[]> known = core.reads.known(ownKey, false);
                            if (ownKey.length > Keys.sizeMax(ownKey)) {
                                throw FdbError.KEY_TOO_LARGE.exception();
                            }
                            return known;
                        },
                        core.reads.get(ownKey, false));
        // The caller may cancel what it gets, so that must be the watch itself.
        CompletableFuture<Void> fired = new CompletableFuture<>();
        var _ =
                value.whenComplete((read, failure) -> {
                    if (failure == null) {
                        add(begun, new Pending(ownKey, read, fired));
                    } else {
                        fired.completeExceptionally(cause(failure));
                    }
                });
        return fired;
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    /** The value the watch starts from is known. */
    private void add(Attempt begun, Pending watch) {
        boolean armed;
        try {
            armed = core.locked(() -> isArmed(begun, watch));
        } catch (EmbeddedFdbException refused) {
            watch.fired.completeExceptionally(refused);
            return;
        }
        if (armed) {
            core.engine.watch(watch.key, watch.expected, core.executor, watch.fired);
        }
    }

    /** Whether the commit has been already; else the watch will wait for it. The lock is held. */
    private boolean isArmed(Attempt begun, Pending watch) {
        EmbeddedFdbException failed = begun.failed;
        if (failed != null) {
            throw TransactionCore.copy(failed);
        }
        if (watch.fired.isDone()) {
            return false;
        }
        core.engine.makeWatch(watch.fired, core.defaults.watchesMax());
        if (!begun.committed) {
            begun.pending.add(watch);
        }
        return begun.committed;
    }

    /** The transaction wrote a key; the lock is held. */
    void wrote(byte[] key, byte @Nullable [] value, MutationKind kind) {
        if (!attempt.pending.isEmpty()) {
            fireWhere(watch ->
                    Arrays.equals(watch.key, key)
                            && (kind != MutationKind.SET || !Arrays.equals(watch.expected, value)));
        }
    }

    /** The transaction cleared a range; the lock is held. */
    void cleared(byte[] begin, byte[] end) {
        if (!attempt.pending.isEmpty()) {
            fireWhere(watch ->
                    Keys.compare(watch.key, begin) >= 0
                            && Keys.compare(watch.key, end) < 0
                            && watch.expected != null);
        }
    }

    private void fireWhere(Predicate<Pending> changed) {
        List<Pending> due = attempt.pending.stream().filter(changed).toList();
        attempt.pending.removeAll(due);
        for (Pending watch : due) {
            Engine.dispatch(core.executor, () -> watch.fired.complete(null));
        }
    }

    /** The attempt that is going on; the lock is held. */
    Attempt attempt() {
        return attempt;
    }

    /** After its commit: from now on durable changes count. */
    void arm(Attempt committed) {
        List<Pending> waiting =
                core.locked(() -> {
                    committed.committed = true;
                    return take(committed);
                });
        for (Pending watch : waiting) {
            core.engine.watch(watch.key, watch.expected, core.executor, watch.fired);
        }
    }

    /** The attempt has ended in another way, unless it had committed before. */
    void failUncommitted(Attempt ended, EmbeddedFdbException failure) {
        List<Pending> waiting =
                core.locked(() -> {
                    if (!ended.committed && ended.failed == null) {
                        ended.failed = failure;
                    }
                    return take(ended);
                });
        for (Pending watch : waiting) {
            Engine.dispatch(core.executor, () -> watch.fired.completeExceptionally(failure));
        }
    }

    /** The same for the attempt that is going on. */
    void failUncommitted(EmbeddedFdbException failure) {
        failUncommitted(core.locked(() -> attempt), failure);
    }

    /** The transaction begins anew, its last attempt having ended; the lock is held. */
    void reset() {
        attempt = new Attempt();
    }

    private static List<Pending> take(Attempt attempt) {
        List<Pending> taken = List.copyOf(attempt.pending);
        attempt.pending.clear();
        return taken;
    }
}
