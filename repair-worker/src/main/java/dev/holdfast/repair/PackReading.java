package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.chunkstore.PackReplicas.Located;
import dev.holdfast.chunkstore.PackReplicas.Read;
import dev.holdfast.chunkstore.PackReplicas.Replica;
import dev.holdfast.chunkstore.RecordCheck;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.jobs.JobStoppedException;
import dev.holdfast.model.Limits;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Reads one replica of a pack from its first byte to its last, and judges every chunk on the way.
 *
 * <p>The next window is read while this one is hashed; that is all it holds, in two buffers that
 * are used again and again. Windows are small, so that what was read is hashed before it has left
 * the processor's cache, and so that a pause between two comes often and is short: users then wait
 * a little each, instead of one for all. A window that cannot be read in one go is read again chunk
 * by chunk, each on a fresh stream: the ladder's first step.
 */
final class PackReading {
    /** What a window is to hold; more, if it takes a record that is larger. */
    private static final int WINDOW_BYTES = 1 << 20;

    private final PackReplicas replicas;
    private final int windowBytesMax;
    private final Progress progress;

    /** Told of bytes as they are read; may wait, and may end the reading. */
    @FunctionalInterface
    interface Progress {
        void read(long bytes);
    }

    PackReading(PackReplicas replicas, int windowBytesMax, Progress progress) {
        this.replicas = replicas;
        this.windowBytesMax = windowBytesMax;
        this.progress = progress;
    }

    /** A stretch of the file with the chunks that lie in it, each wholly. */
    private record Window(long from, long end, List<Integer> rows) {
        int length() {
            return Math.toIntExact(end - from);
        }
    }

    static long end(ChunkLocation location) {
        return location.offset() + RecordCheck.HEADER_BYTES + location.storedLength();
    }

    /**
     * Reads.
     *
     * @param records the pack whose records the file is to hold
     * @param rows of the chunks in it, by offset
     */
    ReplicaLook read(PackId records, Located located, Replica replica, List<ChunkRow> rows) {
        return located.open()
                ? whileWritten(records, located, replica, rows)
                : wholly(records, located, replica, rows);
    }

    /**
     * A replica of a pack that is being written may lag, or have left the pipeline: only a digest
     * that does not match says something about it.
     */
    private ReplicaLook whileWritten(
            PackId records, Located located, Replica replica, List<ChunkRow> rows) {
        List<CopyState> states = new ArrayList<>(rows.size());
        for (ChunkRow row : rows) {
            CopyState state = alone(records, located, replica, row);
            states.add(
                    switch (state) {
                        case CopyState.Absent _, CopyState.Other _ ->
                                new CopyState.Unavailable("the pack is being written");
                        case CopyState.Good _,
                                CopyState.BadChecksums _,
                                CopyState.BadHeader _,
                                CopyState.Bad _,
                                CopyState.Unavailable _ ->
                                state;
                    });
            progress.read(RecordCheck.HEADER_BYTES + row.location().storedLength());
        }
        return new ReplicaLook(replica, states, "", false);
    }

    private ReplicaLook wholly(
            PackId records, Located located, Replica replica, List<ChunkRow> rows) {
        CopyState[] states = new CopyState[rows.size()];
        List<Window> windows = windows(rows, located.length());
        StringBuilder dead = new StringBuilder();
        @Nullable String away = null;
        try (Ahead ahead = new Ahead(located, replica, windows)) {
            for (int i = 0; i < windows.size(); i++) {
                Window window = windows.get(i);
                byte[] bytes = away == null ? ahead.take(i) : null;
                if (bytes != null) {
                    for (int row : window.rows()) {
                        states[row] = judge(records, rows.get(row), bytes, window.from());
                    }
                } else if (away == null) {
                    if (i == 0
                            && replicas.read(located, replica, 0, 1) instanceof Read.Absent gone) {
                        return ReplicaLook.all(
                                replica, rows.size(), new CopyState.Absent(gone.why()), true);
                    }
                    away = oneByOne(records, located, replica, rows, window, states, dead);
                }
                progress.read(window.length());
            }
        }
        for (int row = 0; row < states.length; row++) {
            if (states[row] == null) {
                states[row] =
                        away == null
                                ? alone(records, located, replica, rows.get(row))
                                : new CopyState.Unavailable(away);
            }
        }
        return new ReplicaLook(replica, List.of(states), dead.toString(), false);
    }

    /** Cuts the file so that no chunk is cut; rows that lie oddly are left out. */
    private List<Window> windows(List<ChunkRow> rows, long length) {
        List<Window> windows = new ArrayList<>();
        long from = 0;
        int next = 0;
        while (from < length) {
            long limit = Math.min(length, from + WINDOW_BYTES);
            long end = from;
            List<Integer> inside = new ArrayList<>();
            while (next < rows.size()) {
                ChunkLocation row = rows.get(next).location();
                if (row.offset() < end || row.storedLength() < 0 || end(row) > length) {
                    next++;
                } else if (end(row) <= limit) {
                    inside.add(next);
                    end = end(row);
                    next++;
                } else if (inside.isEmpty()
                        && row.offset() < limit
                        && end(row) - from <= windowBytesMax) {
                    inside.add(next);
                    limit = end(row);
                    next++;
                    break;
                } else {
                    // It begins the next window, which holds at least one record of any size.
                    limit = Math.max(end, Math.min(limit, row.offset()));
                    break;
                }
            }
            long to = limit > from ? limit : Math.min(length, from + WINDOW_BYTES);
            windows.add(new Window(from, to, inside));
            from = to;
        }
        return windows;
    }

    private static CopyState judge(PackId records, ChunkRow row, byte[] bytes, long base) {
        int index = Math.toIntExact(row.location().offset() - base);
        return switch (RecordCheck.check(records, row.hash(), row.location(), bytes, index)) {
            case RecordCheck.Verdict.Good _ -> new CopyState.Good();
            case RecordCheck.Verdict.Other(var entry) -> new CopyState.Other(entry);
            case RecordCheck.Verdict.Bad(var why, var rescued) ->
                    rescued == null ? new CopyState.Bad(why) : new CopyState.BadHeader(why);
        };
    }

    /** Answers why nothing more can be read; null when it can. */
    private @Nullable String oneByOne(
            PackId records,
            Located located,
            Replica replica,
            List<ChunkRow> rows,
            Window window,
            CopyState[] states,
            StringBuilder dead) {
        boolean sound = true;
        long gapFrom = window.from();
        List<long[]> gaps = new ArrayList<>();
        for (int row : window.rows()) {
            ChunkLocation location = rows.get(row).location();
            states[row] = alone(records, located, replica, rows.get(row));
            if (states[row] instanceof CopyState.Unavailable(String why)) {
                return why;
            }
            sound &= states[row] instanceof CopyState.Good;
            gaps.add(new long[] {gapFrom, location.offset()});
            gapFrom = end(location);
        }
        gaps.add(new long[] {gapFrom, window.end()});
        if (sound) {
            for (long[] gap : gaps) {
                int length = Math.toIntExact(gap[1] - gap[0]);
                if (length > 0
                        && dead.isEmpty()
                        && replicas.read(located, replica, gap[0], length)
                                instanceof Read.Unchecked unchecked) {
                    dead.append(unchecked.why());
                }
            }
        }
        return null;
    }

    /** One chunk by itself, on a fresh stream. */
    CopyState alone(PackId records, Located located, Replica replica, ChunkRow row) {
        ChunkLocation location = row.location();
        if (location.offset() < 0
                || location.storedLength() < 0
                || location.storedLength() > Limits.CHUNK_BYTES_MAX
                || (!located.open() && end(location) > located.length())) {
            return new CopyState.Absent("the file ends at " + located.length());
        }
        int length = RecordCheck.HEADER_BYTES + location.storedLength();
        return switch (replicas.read(located, replica, location.offset(), length)) {
            case Read.Bytes good -> judge(records, row, good.bytes(), location.offset());
            case Read.Unchecked unchecked -> {
                CopyState state = judge(records, row, unchecked.bytes(), location.offset());
                yield state instanceof CopyState.Good
                        ? new CopyState.BadChecksums(unchecked.why())
                        : state;
            }
            case Read.Absent(String why) -> new CopyState.Absent(why);
            case Read.Unavailable(String why) -> new CopyState.Unavailable(why);
        };
    }

    /** The sequential stream, one window ahead; a window it fails at is skipped. */
    private final class Ahead implements AutoCloseable {
        private final Located located;
        private final Replica replica;
        private final List<Window> windows;

        /** One is hashed while the other is filled. */
        private final byte[][] buffers = new byte[2][0];

        private PackReplicas.@Nullable Stream stream;
        private @Nullable FutureTask<byte @Nullable []> pending;

        Ahead(Located located, Replica replica, List<Window> windows) {
            this.located = located;
            this.replica = replica;
            this.windows = windows;
            begin(0);
        }

        private void begin(int index) {
            if (index < windows.size()) {
                FutureTask<byte @Nullable []> task = new FutureTask<>(() -> fetch(index));
                pending = task;
                Thread.ofVirtual().name("scrub-read").start(task);
            }
        }

        private byte @Nullable [] fetch(int index) {
            Window window = windows.get(index);
            try {
                PackReplicas.Stream open = stream;
                if (open == null) {
                    open =
                            replicas.stream(
                                    located,
                                    replica,
                                    window.from(),
                                    located.length() - window.from());
                    stream = open;
                }
                byte[] bytes = buffers[index % 2];
                if (bytes.length < window.length()) {
                    bytes = new byte[window.length()];
                    buffers[index % 2] = bytes;
                }
                open.read(bytes, 0, window.length());
                return bytes;
            } catch (IOException | RuntimeException e) {
                closeStream();
                return null;
            }
        }

        /**
         * The window's bytes, perhaps with others behind them, until the next call; null when the
         * stream failed at it.
         */
        byte @Nullable [] take(int index) {
            FutureTask<byte @Nullable []> task = pending;
            if (task == null) {
                return null;
            }
            try {
                byte[] bytes = task.get();
                begin(index + 1);
                return bytes;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
            } catch (ExecutionException e) {
                throw new IllegalStateException("a read-ahead ended unexpectedly", e);
            }
        }

        private void closeStream() {
            PackReplicas.Stream open = stream;
            stream = null;
            if (open != null) {
                open.close();
            }
        }

        @Override
        public void close() {
            FutureTask<byte @Nullable []> task = pending;
            if (task != null) {
                try {
                    // The stream belongs to the task until it has ended.
                    task.get();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (ExecutionException e) {
                    closeStream();
                }
            }
            closeStream();
        }
    }
}
