package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Takes chunks in, within a budget of bytes, and spreads them over the lanes. */
final class PackWriter implements AutoCloseable {
    private final ChunkStoreConfig config;
    private final ByteBudget budget;
    private final ChunkCodec codec = new ChunkCodec();
    private final PackEnder ender;
    private final StoreCounters counters;
    private final List<PackLane> lanes = new ArrayList<>();
    private final ConcurrentHashMap<Sha256, PendingRecord> inFlight = new ConcurrentHashMap<>();

    PackWriter(ChunkStoreConfig config, ChunkRows rows, PackFiles files, StoreCounters counters) {
        this.config = config;
        this.counters = counters;
        this.budget = new ByteBudget(config.bytesInFlightMax());
        this.ender = new PackEnder(rows, files, counters);
        for (int index = 0; index < config.openPacks(); index++) {
            PackLane lane =
                    new PackLane("pack-" + index, config, rows, files, ender, counters, this::done);
            lanes.add(lane);
            lane.start();
        }
    }

    long bytesInFlight() {
        return budget.heldBytes();
    }

    /** See {@link ChunkStore#append}. */
    CompletableFuture<Placement> append(ContentId content, Sha256 hash, ByteBuffer plain) {
        long began = System.nanoTime();
        int length = plain.remaining();
        if (length < 1 || length > Limits.CHUNK_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a chunk is 1 to " + Limits.CHUNK_BYTES_MAX + " bytes, not " + length);
        }
        Sha256 actual = Sha256.hash(plain);
        if (!actual.equals(hash)) {
            counters.verifyFailed(VerifyFailure.Path.UPLOAD, VerifyFailure.Cause.DIGEST);
            throw new ChunkDigestException(hash, actual);
        }
        // Room first, also for who is about to join: whether there is some must not depend on what
        // others are just storing.
        takeRoom(length);
        CompletableFuture<Placement> joined = join(content, hash);
        if (joined != null) {
            budget.release(length);
            return withinLimit(timed(joined, began));
        }
        PendingRecord record;
        try {
            record = encode(hash, ChunkCodec.onHeap(plain));
        } catch (RuntimeException e) {
            budget.release(length);
            throw e;
        }
        CompletableFuture<Placement> answer = record.join(content);
        if (answer == null) {
            throw new IllegalStateException("a fresh record takes its first waiter");
        }
        // Later contents join this record from now on; one it replaces still has its own waiters.
        inFlight.put(hash, record);
        if (!quietest().submit(record)) {
            StorageUnavailableException closed =
                    new StorageUnavailableException("the chunk store is closed", null);
            record.fail(closed);
            done(record);
            throw closed;
        }
        return withinLimit(timed(answer, began));
    }

    /** Counts how long the acknowledgement took; what is refused does not count. */
    private CompletableFuture<Placement> timed(CompletableFuture<Placement> answer, long began) {
        var _ = answer.thenRun(() -> counters.writeSeconds.observeNanos(System.nanoTime() - began));
        return answer;
    }

    /**
     * An HDFS that neither answers nor fails must not keep anybody waiting for ever. The record
     * itself goes on, and its bytes stay in the budget until it is done.
     */
    private CompletableFuture<Placement> withinLimit(CompletableFuture<Placement> answer) {
        if (answer.isDone()) {
            return answer;
        }
        return answer.copy()
                .orTimeout(config.answerWaitMax().toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(PackWriter::explain);
    }

    private static CompletableFuture<Placement> explain(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure;
        return CompletableFuture.failedFuture(
                cause instanceof TimeoutException
                        ? new StorageUnavailableException(
                                "HDFS takes too long to store the chunk; it may be stored or not",
                                cause)
                        : cause);
    }

    private @Nullable CompletableFuture<Placement> join(ContentId content, Sha256 hash) {
        PendingRecord record = inFlight.get(hash);
        return record == null ? null : record.join(content);
    }

    private void takeRoom(int bytes) {
        try {
            if (!budget.acquire(bytes, config.appendWaitMax())) {
                throw new StorageUnavailableException(
                        "too many chunks wait to be stored; try again", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailableException("interrupted while waiting for room", e);
        }
    }

    private PendingRecord encode(Sha256 hash, ByteBuffer plain) {
        byte[] bytes = plain.array();
        int from = plain.arrayOffset() + plain.position();
        int length = plain.remaining();
        byte[] smaller = codec.compress(bytes, from, length);
        return smaller == null
                ? new PendingRecord(hash, ChunkCodec.PLAIN, length, bytes, from, length)
                : new PendingRecord(hash, ChunkCodec.ZSTD, length, smaller, 0, smaller.length);
    }

    private PackLane quietest() {
        PackLane best = lanes.getFirst();
        long least = Long.MAX_VALUE;
        for (PackLane lane : lanes) {
            long queued = lane.queuedBytes();
            if (queued < least) {
                least = queued;
                best = lane;
            }
        }
        return best;
    }

    private void done(PendingRecord record) {
        inFlight.remove(record.hash(), record);
        budget.release(record.plainLength());
    }

    /** See {@link ChunkStore#endOpenPacks}. */
    void endPacks() {
        lanes.forEach(PackLane::endPack);
    }

    /** Finishes what was accepted and ends the packs. */
    @Override
    public void close() {
        try {
            for (PackLane lane : lanes) {
                lane.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ender.close();
        codec.close();
    }
}
