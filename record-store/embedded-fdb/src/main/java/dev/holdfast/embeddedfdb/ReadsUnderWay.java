package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.EmbeddedFdbException;
import dev.holdfast.embeddedfdb.engine.Engine;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.NotInMemory;
import dev.holdfast.embeddedfdb.engine.View;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts a transaction's reads without ever letting a caller wait for the disk, and keeps those
 * that have not ended.
 *
 * <p>A read is first tried in the calling thread on what is in memory, under the transaction's
 * lock, with its writes as they are; nearly always that is the answer, and it is there at once but
 * for the first one of a transaction now and then. A read that would need the disk goes to the
 * engine's threads for that. There it runs without the lock, on a copy of those own writes that
 * matter to it, so that the transaction can go on meanwhile; what it depended on is noted when it
 * has ended. The commit waits for it. A transaction that was emptied in between does not get the
 * conflict ranges of a read from before.
 */
final class ReadsUnderWay {
    private final TransactionCore core;
    private final List<CompletableFuture<?>> unfinished = new ArrayList<>();
    private @Nullable EmbeddedFdbException failed;
    private int generation;

    ReadsUnderWay(TransactionCore core) {
        this.core = core;
    }

    /**
     * Starts a read. If it fails, so does the commit.
     *
     * @param early refuses the read, or gives its answer where that needs no view, or gives null
     */
    <T> CompletableFuture<T> start(Supplier<@Nullable CompletableFuture<T>> early, Read<T> read) {
        return start(early, read, true);
    }

    /** Starts a read whose failure is no reason for the commit to fail. */
    <T> CompletableFuture<T> startAside(
            Supplier<@Nullable CompletableFuture<T>> early, Read<T> read) {
        return start(early, read, false);
    }

    private <T> CompletableFuture<T> start(
            Supplier<@Nullable CompletableFuture<T>> early, Read<T> read, boolean counts) {
        core.lock.lock();
        try {
            core.requireUsable();
            CompletableFuture<T> known = early.get();
            if (known != null) {
                return known;
            }
            boolean first = core.knownReadVersion() < 0;
            View present = core.viewNow();
            if (present == null) {
                return whenArrived(read, counts);
            }
            CompletableFuture<T> answer = at(present, read, counts);
            return first && core.engine.isTurnToBeLate() ? track(late(answer)) : answer;
        } catch (EmbeddedFdbException failure) {
            note(failure, counts);
            return CompletableFuture.failedFuture(failure);
        } finally {
            core.lock.unlock();
        }
    }

    private <T> CompletableFuture<T> late(CompletableFuture<T> answer) {
        if (!answer.isDone()) {
            return answer;
        }
        CompletableFuture<T> late = new CompletableFuture<>();
        core.engine.answerLater(core.executor, late, answer.join());
        return late;
    }

    private <T> CompletableFuture<T> at(View view, Read<T> read, boolean counts) {
        try {
            return CompletableFuture.completedFuture(
                    read.from(view.cached(), core.writes(), core::addReadConflict));
        } catch (NotInMemory onDisk) {
            return track(fromDisk(view, read, counts));
        }
    }

    private <T> CompletableFuture<T> fromDisk(View view, Read<T> read, boolean counts) {
        WriteMap own = read.kept(core.writes());
        int begun = generation;
        CompletableFuture<T> answer = new CompletableFuture<>();
        core.engine
                .diskReads()
                .execute(() -> {
                    try {
                        T value = whole(view, read, own, begun);
                        Engine.dispatch(core.executor, () -> answer.complete(value));
                    } catch (RuntimeException failure) {
                        noteLocked(failure, counts, begun);
                        Engine.dispatch(core.executor, () -> answer.completeExceptionally(failure));
                    }
                });
        return answer;
    }

    private <T> @Nullable T whole(View view, Read<T> read, WriteMap own, int begun) {
        List<byte[]> seen = new ArrayList<>();
        try {
            return read.from(
                    view.whole(),
                    own,
                    (begin, end) -> {
                        seen.add(begin);
                        seen.add(end);
                    });
        } finally {
            settle(own, seen, begun);
        }
    }

    private void settle(WriteMap own, List<byte[]> seen, int begun) {
        core.lock.lock();
        try {
            requireSame(begun);
            for (int i = 0; i < seen.size(); i += 2) {
                core.addReadConflict(own, seen.get(i), seen.get(i + 1));
            }
        } finally {
            core.lock.unlock();
        }
    }

    /** The transaction is still the one that began the read, and has not ended. */
    private void requireSame(int begun) {
        if (generation != begun) {
            throw FdbError.TRANSACTION_CANCELLED.exception();
        }
        core.requireWhole();
    }

    private <T> CompletableFuture<T> whenArrived(Read<T> read, boolean counts) {
        int begun = generation;
        CompletableFuture<View> coming =
                core.arrivingView()
                        .whenComplete((arrived, failure) -> noteLocked(failure, counts, begun));
        return track(
                coming.thenComposeAsync(
                        arrived -> arrived(arrived, read, counts, begun), core.executor));
    }

    private <T> CompletableFuture<T> arrived(View view, Read<T> read, boolean counts, int begun) {
        core.lock.lock();
        try {
            requireSame(begun);
            core.viewArrived(view);
            return at(view, read, counts);
        } catch (EmbeddedFdbException failure) {
            note(failure, counts);
            throw failure;
        } finally {
            core.lock.unlock();
        }
    }

    private <T> CompletableFuture<T> track(CompletableFuture<T> read) {
        unfinished.removeIf(CompletableFuture::isDone);
        unfinished.add(read);
        return read;
    }

    /**
     * A read that was begun and failed fails the commit too: the real client's commit waits for all
     * reads and ends with their error. Reads that were refused (2000 and above) do not count.
     */
    private void note(EmbeddedFdbException failure, boolean counts) {
        boolean begun = failure.getCode() < FdbError.CLIENT_INVALID_OPERATION.code();
        if (counts && begun && failed == null && core.broken() == null) {
            failed = failure;
        }
    }

    private void noteLocked(@Nullable Throwable failure, boolean counts, int begun) {
        if (failure instanceof EmbeddedFdbException error) {
            core.lock.lock();
            try {
                if (generation == begun) {
                    note(error, counts);
                }
            } finally {
                core.lock.unlock();
            }
        }
    }

    /** Done when every read that was started has ended; the lock is held. */
    CompletableFuture<?> ended() {
        return CompletableFuture.allOf(unfinished.toArray(CompletableFuture<?>[]::new));
    }

    /** Throws the error of a read that failed, if one did; the lock is held. */
    void requireSucceeded() {
        EmbeddedFdbException failure = failed;
        if (failure != null) {
            throw TransactionCore.copy(failure);
        }
    }

    /** Forgets everything, for the transaction is emptied; the lock is held. */
    void reset() {
        generation++;
        failed = null;
        unfinished.clear();
    }
}
