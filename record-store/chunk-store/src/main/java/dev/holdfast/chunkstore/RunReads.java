package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
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

/**
 * Reads chunks in order, run by run, some runs ahead of the reader. A run is a stretch of one pack,
 * with small gaps at most: one positional read.
 */
final class RunReads implements ChunkReads {
    /** A gap this small is cheaper to read over than to leave out. */
    private static final int GAP_BYTES_MAX = 64 << 10;

    private final PackReader reader;
    private final Executor executor;
    private final ByteBudget readAhead;
    private final int aheadBytes;
    private final Deque<List<StoredChunk>> todo;
    private final Deque<Running> running = new ArrayDeque<>();
    private Iterator<PackReader.Outcome> answers = List.<PackReader.Outcome>of().iterator();
    private long runningBytes;

    private record Running(
            FutureTask<List<PackReader.Outcome>> task, long bytes, boolean budgeted) {}

    /**
     * @param readAhead shared by all readers; what does not fit it is read when its turn comes
     * @param aheadBytes what this reader may hold, of which a run is at most half
     */
    RunReads(
            PackReader reader,
            Executor executor,
            ByteBudget readAhead,
            int aheadBytes,
            List<StoredChunk> chunks) {
        this.reader = reader;
        this.executor = executor;
        this.readAhead = readAhead;
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
            if (!first && runningBytes + bytes > 2L * aheadBytes) {
                return;
            }
            boolean budgeted = readAhead.tryAcquire(bytes);
            if (!budgeted && !first) {
                return;
            }
            List<StoredChunk> run = todo.removeFirst();
            FutureTask<List<PackReader.Outcome>> task = new FutureTask<>(() -> reader.readRun(run));
            Running next = new Running(task, bytes, budgeted);
            runningBytes += bytes;
            try {
                executor.execute(task);
            } catch (RejectedExecutionException e) {
                giveBack(next);
                throw new StorageUnavailableException("the chunk store is closed", e);
            }
            running.addLast(next);
        }
    }

    @Override
    public boolean hasNext() {
        return answers.hasNext() || !running.isEmpty();
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
        Running next = running.pollFirst();
        if (next == null) {
            throw new NoSuchElementException("every chunk was answered for");
        }
        try {
            answers = next.task().get().iterator();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailableException("interrupted while reading", e);
        } catch (ExecutionException | CancellationException e) {
            throw new StorageUnavailableException("a read ended unexpectedly", e);
        } finally {
            giveBack(next);
        }
        advance();
    }

    private void giveBack(Running done) {
        runningBytes -= done.bytes();
        if (done.budgeted()) {
            readAhead.release(done.bytes());
        }
    }

    @Override
    public void close() {
        todo.clear();
        for (Running left = running.pollFirst(); left != null; left = running.pollFirst()) {
            left.task().cancel(false);
            giveBack(left);
        }
    }
}
