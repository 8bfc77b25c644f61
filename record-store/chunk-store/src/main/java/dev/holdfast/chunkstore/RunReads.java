package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reads chunks in order, run by run, some runs ahead of the reader. A run is a stretch of one pack,
 * with small gaps at most: one positional read.
 *
 * <p>All memory is taken from two budgets that all readers share. What is read ahead comes from the
 * first and is not waited for. A reader that has nothing under way takes one chunk's worth from the
 * second, its turn, and waits for that within a limit: so a few readers whose clients do not take
 * what they are given make others slower, then turn them away, and never cost more memory. Bytes
 * count until the reader has come back for more, because until then it may still be sending them.
 */
final class RunReads implements ChunkReads {
    /** A gap this small is cheaper to read over than to leave out. */
    private static final int GAP_BYTES_MAX = 64 << 10;

    private final PackReader reader;
    private final Executor executor;
    private final ReadMemory memory;
    private final int aheadBytes;
    private final Deque<List<StoredChunk>> todo;
    private final Deque<Running> running = new ArrayDeque<>();
    private Iterator<PackReader.Outcome> answers = List.<PackReader.Outcome>of().iterator();
    private @Nullable Share delivering;
    private long runningBytes;

    private record Running(FutureTask<List<PackReader.Outcome>> task, Share share) {}

    /**
     * Memory of one run. The task and the reader each let go of it: a task that was begun goes on
     * for a while after its reader has left.
     */
    private static final class Share {
        private final ByteBudget budget;
        private final long bytes;
        private final AtomicInteger holders = new AtomicInteger(2);

        Share(ByteBudget budget, long bytes) {
            this.budget = budget;
            this.bytes = bytes;
        }

        void letGo() {
            if (holders.decrementAndGet() == 0) {
                budget.release(bytes);
            }
        }
    }

    /**
     * What all readers of a store share.
     *
     * @param ahead for what is read before anybody asked for it
     * @param turns for the one chunk that a reader needs to go on
     * @param turnWaitMax how long a reader waits for its turn
     */
    record ReadMemory(ByteBudget ahead, ByteBudget turns, Duration turnWaitMax) {}

    /**
     * @param aheadBytes what this reader may hold ahead, of which a run is at most half
     */
    RunReads(
            PackReader reader,
            Executor executor,
            ReadMemory memory,
            int aheadBytes,
            List<StoredChunk> chunks) {
        this.reader = reader;
        this.executor = executor;
        this.memory = memory;
        this.aheadBytes = aheadBytes;
        this.todo = runs(chunks, aheadBytes / 2);
        advance();
    }

    /**
     * Cuts the list into stretches that one read each can fetch.
     *
     * @param runBytesMax of a stretch in the pack, and of its chunks decompressed: a chunk of many
     *     megabytes may lie in a few hundred bytes
     */
    static Deque<List<StoredChunk>> runs(List<StoredChunk> chunks, long runBytesMax) {
        Deque<List<StoredChunk>> runs = new ArrayDeque<>();
        List<StoredChunk> run = new ArrayList<>();
        long plainBytes = 0;
        for (StoredChunk chunk : chunks) {
            ChunkLocation location = chunk.location();
            plainBytes += location.plainLength();
            if (!run.isEmpty()
                    && (plainBytes > runBytesMax || !follows(run, location, runBytesMax))) {
                runs.addLast(run);
                run = new ArrayList<>();
                plainBytes = location.plainLength();
            }
            run.add(chunk);
        }
        if (!run.isEmpty()) {
            runs.addLast(run);
        }
        return runs;
    }

    private static boolean follows(List<StoredChunk> run, ChunkLocation next, long runBytesMax) {
        ChunkLocation first = run.getFirst().location();
        long end = PackReader.end(run.getLast().location());
        return next.pack().equals(first.pack())
                && next.offset() >= end
                && next.offset() - end <= GAP_BYTES_MAX
                && PackReader.end(next) - first.offset() <= runBytesMax;
    }

    private static long bytes(List<StoredChunk> run) {
        long plain = 0;
        for (StoredChunk chunk : run) {
            plain += chunk.location().plainLength();
        }
        return plain
                + PackReader.end(run.getLast().location())
                - run.getFirst().location().offset();
    }

    private void advance() {
        while (!todo.isEmpty()) {
            long bytes = bytes(todo.getFirst());
            boolean first = running.isEmpty();
            if ((!first && runningBytes + bytes > 2L * aheadBytes)
                    || !memory.ahead().tryAcquire(bytes)) {
                return;
            }
            start(todo.removeFirst(), new Share(memory.ahead(), bytes));
        }
    }

    private void start(List<StoredChunk> run, Share share) {
        FutureTask<List<PackReader.Outcome>> task = new FutureTask<>(() -> reader.readRun(run));
        try {
            executor.execute(() -> {
                try {
                    task.run();
                } finally {
                    share.letGo();
                }
            });
        } catch (RejectedExecutionException e) {
            share.letGo();
            share.letGo();
            throw new StorageUnavailableException("the chunk store is closed", e);
        }
        runningBytes += share.bytes;
        running.addLast(new Running(task, share));
    }

    /** Starts the next chunk alone, as soon as there is memory for it. */
    private void startInTurn() {
        List<StoredChunk> run = todo.pollFirst();
        if (run == null) {
            throw new NoSuchElementException("every chunk was answered for");
        }
        List<StoredChunk> head = List.of(run.getFirst());
        if (run.size() > 1) {
            todo.addFirst(run.subList(1, run.size()));
        }
        long bytes = bytes(head);
        try {
            if (!memory.turns().acquire(bytes, memory.turnWaitMax())) {
                throw new StorageUnavailableException(
                        "too many readers wait to be given chunks; try again", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailableException("interrupted while waiting for room", e);
        }
        start(head, new Share(memory.turns(), bytes));
    }

    @Override
    public boolean hasNext() {
        return answers.hasNext() || !running.isEmpty() || !todo.isEmpty();
    }

    @Override
    public byte[] next() {
        if (!answers.hasNext()) {
            takeRun();
        }
        return switch (answers.next()) {
            case PackReader.Outcome.Good good -> good.plain();
            case PackReader.Outcome.Bad bad -> throw bad.why();
        };
    }

    private void takeRun() {
        delivered();
        if (running.isEmpty()) {
            startInTurn();
        }
        Running next = running.removeFirst();
        runningBytes -= next.share().bytes;
        delivering = next.share();
        try {
            answers = next.task().get().iterator();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailableException("interrupted while reading", e);
        } catch (ExecutionException | CancellationException e) {
            throw new StorageUnavailableException("a read ended unexpectedly", e);
        }
        advance();
    }

    /** The reader has come back: it needs the run before no more. */
    private void delivered() {
        Share share = delivering;
        if (share != null) {
            delivering = null;
            share.letGo();
        }
    }

    @Override
    public void close() {
        todo.clear();
        delivered();
        for (Running left = running.pollFirst(); left != null; left = running.pollFirst()) {
            left.task().cancel(false);
            runningBytes -= left.share().bytes;
            left.share().letGo();
        }
    }
}
