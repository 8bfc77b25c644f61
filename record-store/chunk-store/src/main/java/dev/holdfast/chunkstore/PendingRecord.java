package dev.holdfast.chunkstore;

import dev.holdfast.metadata.Placement;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One chunk on its way into a pack, and everybody who waits for it. A chunk that several contents
 * bring at the same time is written once; who comes after the group's transaction has been put
 * together writes it again, and the transaction then finds it stored.
 */
final class PendingRecord {
    /** More contents than this at once write the chunk again: it bounds a group's transaction. */
    private static final int WAITERS_MAX = 64;

    private final Sha256 hash;
    private final int codec;
    private final int plainLength;
    private final byte[] stored;
    private final int from;
    private final int storedLength;
    private final List<Waiter> waiters = new ArrayList<>(1);
    private boolean closed;
    private int attempts;

    /** One content's interest in the chunk. */
    record Waiter(ContentId content, CompletableFuture<Placement> answer) {}

    PendingRecord(
            Sha256 hash, int codec, int plainLength, byte[] stored, int from, int storedLength) {
        this.hash = hash;
        this.codec = codec;
        this.plainLength = plainLength;
        this.stored = stored;
        this.from = from;
        this.storedLength = storedLength;
    }

    /** Adds a waiter, or answers null when it is too late for that. */
    synchronized @Nullable CompletableFuture<Placement> join(ContentId content) {
        if (closed) {
            return null;
        }
        for (Waiter waiter : waiters) {
            if (waiter.content().equals(content)) {
                return waiter.answer();
            }
        }
        if (waiters.size() == WAITERS_MAX) {
            return null;
        }
        CompletableFuture<Placement> answer = new CompletableFuture<>();
        waiters.add(new Waiter(content, answer));
        return answer;
    }

    /** Nobody can join any more; the waiters, in the order they came. */
    synchronized List<Waiter> close() {
        closed = true;
        return List.copyOf(waiters);
    }

    /** Counts an attempt to write the record; only its lane's threads call this. */
    synchronized int attempt() {
        return ++attempts;
    }

    void fail(ChunkStoreException failure) {
        close().forEach(waiter -> waiter.answer().completeExceptionally(failure));
    }

    Sha256 hash() {
        return hash;
    }

    int codec() {
        return codec;
    }

    int plainLength() {
        return plainLength;
    }

    int storedLength() {
        return storedLength;
    }

    byte[] stored() {
        return stored;
    }

    int from() {
        return from;
    }
}
