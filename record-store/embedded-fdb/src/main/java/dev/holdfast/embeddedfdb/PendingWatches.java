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
        final CompletableFuture<Void> fired = new CompletableFuture<>();

        Pending(byte[] key, byte @Nullable [] expected) {
            this.key = key;
            this.expected = expected;
        }
    }

    private final TransactionCore core;
    private final List<Pending> pending = new ArrayList<>();

    /** The transaction has committed: a watch whose value arrives only now waits for changes. */
    private boolean armed;

    PendingWatches(TransactionCore core) {
        this.core = core;
    }

    CompletableFuture<Void> watch(byte[] key) {
        byte[] ownKey = key.clone();
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
        return value.isDone() && !value.isCompletedExceptionally()
                ? add(ownKey, value.join())
                : value.thenCompose(read -> add(ownKey, read));
    }

    /** The value the watch starts from is known. */
    private CompletableFuture<Void> add(byte[] key, byte @Nullable [] value) {
        Pending watch = new Pending(key, value);
        core.lock.lock();
        try {
            core.engine.makeWatch(watch.fired, core.defaults.watchesMax());
            if (!armed) {
                pending.add(watch);
                return watch.fired;
            }
        } catch (EmbeddedFdbException refused) {
            return CompletableFuture.failedFuture(refused);
        } finally {
            core.lock.unlock();
        }
        core.engine.watch(watch.key, watch.expected, core.executor, watch.fired);
        return watch.fired;
    }

    /** The transaction wrote a key; the lock is held. */
    void wrote(byte[] key, byte @Nullable [] value, MutationKind kind) {
        if (!pending.isEmpty()) {
            fireWhere(watch ->
                    Arrays.equals(watch.key, key)
                            && (kind != MutationKind.SET || !Arrays.equals(watch.expected, value)));
        }
    }

    /** The transaction cleared a range; the lock is held. */
    void cleared(byte[] begin, byte[] end) {
        if (!pending.isEmpty()) {
            fireWhere(watch ->
                    Keys.compare(watch.key, begin) >= 0
                            && Keys.compare(watch.key, end) < 0
                            && watch.expected != null);
        }
    }

    private void fireWhere(Predicate<Pending> changed) {
        List<Pending> due = pending.stream().filter(changed).toList();
        pending.removeAll(due);
        for (Pending watch : due) {
            Engine.dispatch(core.executor, () -> watch.fired.complete(null));
        }
    }

    /** After the commit: from now on durable changes count. */
    void arm() {
        for (Pending watch : take(true)) {
            core.engine.watch(watch.key, watch.expected, core.executor, watch.fired);
        }
    }

    void failUncommitted(EmbeddedFdbException failure) {
        for (Pending watch : take(false)) {
            Engine.dispatch(core.executor, () -> watch.fired.completeExceptionally(failure));
        }
    }

    private List<Pending> take(boolean committed) {
        return core.locked(() -> {
            armed = committed;
            List<Pending> taken = List.copyOf(pending);
            pending.clear();
            return taken;
        });
    }
}
