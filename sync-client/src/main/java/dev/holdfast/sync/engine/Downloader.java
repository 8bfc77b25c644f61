package dev.holdfast.sync.engine;

import com.github.luben.zstd.Zstd;
import dev.holdfast.model.ContentHash;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.disk.Staged;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.store.StateStore;
import dev.holdfast.sync.tree.RemoteNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files into staged ones, checked chunk by chunk and as a whole. Chunks that lie in some
 * file of the folder are copied and not fetched. Publishing is for the control thread.
 */
final class Downloader {
    private static final int GROUP_FILES_MAX = 256;
    private static final long GROUP_BYTES_MAX = 8L << 20;
    private static final long REQUEST_BYTES_MAX = 8L << 20;
    private static final int PARALLEL_REQUESTS = 3;

    /**
     * A file to be fetched.
     *
     * @param twin path of a local file that holds the same content; null where there is none
     */
    record Job(Action.Download action, RemoteNode remote, @Nullable String twin) {}

    /**
     * What became of one file.
     *
     * @param staged null when it could not be fetched
     * @param chunks of a file of several, to be remembered
     * @param problem in words for a person; null for a race or for success
     */
    record Outcome(
            Job job, @Nullable Staged staged, List<ChunkRef> chunks, @Nullable String problem) {}

    private final Context context;
    private final Function<StateStore.ChunkPlace, @Nullable String> paths;

    /**
     * A downloader.
     *
     * @param paths tells where the file of a known chunk is now; called from any thread
     */
    Downloader(Context context, Function<StateStore.ChunkPlace, @Nullable String> paths) {
        this.context = context;
        this.paths = paths;
    }

    /** One task for each large file and for each group of small ones. */
    List<Workers.Task<List<Outcome>>> tasks(List<Job> jobs) {
        List<Workers.Task<List<Outcome>>> tasks = new ArrayList<>();
        List<Job> group = new ArrayList<>();
        long bytes = 0;
        for (Job job : jobs) {
            if (job.remote.chunkCount() > 1) {
                tasks.add(() -> List.of(large(job)));
                continue;
            }
            if (group.size() == GROUP_FILES_MAX || bytes + job.remote.size() > GROUP_BYTES_MAX) {
                List<Job> full = group;
                tasks.add(() -> small(full));
                group = new ArrayList<>();
                bytes = 0;
            }
            group.add(job);
            bytes += job.remote.size();
        }
        if (!group.isEmpty()) {
            List<Job> last = group;
            tasks.add(() -> small(last));
        }
        return tasks;
    }

    private List<Outcome> small(List<Job> jobs) throws IOException {
        List<Outcome> outcomes = new ArrayList<>();
        boolean whole = false;
        try {
            bring(jobs, outcomes);
            whole = true;
            return outcomes;
        } finally {
            if (!whole) {
                // Nobody hears of them: they must not fill the disk until the next start.
                for (Outcome outcome : outcomes) {
                    if (outcome.staged != null) {
                        outcome.staged.close();
                    }
                }
            }
        }
    }

    private void bring(List<Job> jobs, List<Outcome> outcomes) throws IOException {
        List<Job> toFetch = new ArrayList<>();
        for (Job job : jobs) {
            Outcome local = fromDisk(job);
            if (local == null) {
                toFetch.add(job);
            } else {
                outcomes.add(local);
            }
        }
        fetch(toFetch, outcomes);
        List<Staged> staged = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            if (outcome.staged != null) {
                staged.add(outcome.staged);
            }
        }
        context.disk().sync(staged);
    }

    /** Makes the file from what is on the disk; null when it has to be fetched. */
    private @Nullable Outcome fromDisk(Job job) throws IOException {
        int size = (int) job.remote.size();
        if (job.remote.chunkCount() == 0) {
            return stage(job, ByteBuffer.allocate(0));
        }
        if (job.twin == null) {
            return null;
        }
        ByteBuffer bytes = copy(job.twin, 0, size);
        if (bytes == null || !matches(job.remote, bytes)) {
            return null;
        }
        return stage(job, bytes);
    }

    private static boolean matches(RemoteNode remote, ByteBuffer bytes) {
        ChunkRef chunk = new ChunkRef(Sha256.hash(bytes), bytes.remaining());
        return ContentHash.of(List.of(chunk)).equals(remote.contentHash());
    }

    private @Nullable ByteBuffer copy(String path, long start, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (Disk.Reader reader = context.disk().read(path)) {
            int count = 0;
            while (bytes.hasRemaining() && count >= 0) {
                count = reader.read(start + bytes.position(), bytes);
            }
        } catch (IOException e) {
            // It went or changed meanwhile: the bytes come from the server then.
            return null;
        }
        return bytes.hasRemaining() ? null : bytes.flip();
    }

    private Outcome stage(Job job, ByteBuffer bytes) throws IOException {
        try {
            return new Outcome(job, written(job, bytes), List.of(), null);
        } catch (IOException e) {
            return new Outcome(job, null, List.of(), "it cannot be written: " + e.getMessage());
        }
    }

    private Staged written(Job job, ByteBuffer bytes) throws IOException {
        Staged staged = context.disk().stage();
        boolean whole = false;
        try {
            staged.write(0, bytes);
            staged.finish(job.remote.mtimeNanos(), job.remote.executable());
            whole = true;
            return staged;
        } finally {
            if (!whole) {
                staged.close();
            }
        }
    }

    private void fetch(List<Job> jobs, List<Outcome> outcomes) throws IOException {
        if (jobs.isEmpty()) {
            return;
        }
        List<ChunkReadRequest.Address> addresses = new ArrayList<>();
        for (Job job : jobs) {
            addresses.add(
                    new ChunkReadRequest.Address(job.remote.node(), job.remote.contentRev(), 0));
        }
        boolean[] answered = new boolean[jobs.size()];
        try {
            context.server()
                    .read(
                            context.namespace(),
                            new ChunkReadRequest(addresses),
                            frame -> {
                                int index = index(frame, jobs.size());
                                answered[index] = true;
                                outcomes.add(taken(jobs.get(index), frame));
                            });
        } catch (RefusedException e) {
            stop(e);
        }
        for (int i = 0; i < answered.length; i++) {
            if (!answered[i]) {
                outcomes.add(new Outcome(jobs.get(i), null, List.of(), null));
            }
        }
    }

    private static void stop(RefusedException e) throws RefusedException {
        if (e.code() == ProblemCode.NOT_SIGNED_IN) {
            throw e;
        }
    }

    private static int index(Frame frame, int limit) throws IOException {
        if (frame.index() < 0 || frame.index() >= limit) {
            throw new IOException("the server sent a chunk that was not asked for");
        }
        return frame.index();
    }

    private Outcome taken(Job job, Frame frame) throws IOException {
        return switch (frame) {
            case Frame.Chunk chunk -> {
                ByteBuffer bytes = plain(chunk);
                context.progress().bytesDown(bytes.remaining());
                yield matches(job.remote, bytes)
                        ? stage(job, bytes)
                        : new Outcome(
                                job, null, List.of(), "what the server sent is not its content");
            }
            case Frame.Status status -> failed(job, status);
        };
    }

    private static Outcome failed(Job job, Frame.Status status) {
        return status.status() == ProblemCode.CHUNK_LOST.status()
                ? new Outcome(
                        job,
                        null,
                        List.of(),
                        "the server has no good copy of its bytes now; it heals when a device that"
                                + " still has the file changes or uploads it again")
                : new Outcome(job, null, List.of(), null);
    }

    /** The plain bytes, which have the hash that the frame announces. */
    private static ByteBuffer plain(Frame.Chunk chunk) throws IOException {
        ByteBuffer stored = chunk.stored();
        ByteBuffer plain = stored;
        if (chunk.codec() == Codec.ZSTD) {
            byte[] out = new byte[chunk.plainLength()];
            long length =
                    Zstd.decompressByteArray(
                            out,
                            0,
                            out.length,
                            stored.array(),
                            stored.arrayOffset() + stored.position(),
                            stored.remaining());
            if (Zstd.isError(length) || length != out.length) {
                throw new IOException("a chunk from the server does not decompress");
            }
            plain = ByteBuffer.wrap(out);
        }
        if (!Sha256.hash(plain).equals(chunk.hash())) {
            throw new IOException("a chunk from the server does not have its hash");
        }
        return plain;
    }

    /** A chunk of a large file, its position in the list and in the file. */
    private record Piece(ChunkRef chunk, int index, long start) {}

    private Outcome large(Job job) throws IOException {
        List<ChunkRef> chunks;
        try {
            chunks = manifest(job.remote);
        } catch (RefusedException e) {
            stop(e);
            return new Outcome(job, null, List.of(), null);
        }
        if (!ContentHash.of(chunks).equals(job.remote.contentHash())) {
            return new Outcome(job, null, List.of(), "the server's list of its chunks is wrong");
        }
        String key = job.remote.node() + "-" + job.remote.contentRev();
        Staged staged = context.disk().stage(key);
        boolean whole = false;
        boolean goesOn = true;
        try {
            String problem = fill(job, chunks, staged);
            goesOn = problem == null || problem.isEmpty();
            if (problem == null) {
                staged.finish(job.remote.mtimeNanos(), job.remote.executable());
                context.disk().sync(List.of(staged));
                whole = true;
                return new Outcome(job, staged, chunks, null);
            }
            return new Outcome(job, null, List.of(), problem.isEmpty() ? null : problem);
        } finally {
            if (!whole && goesOn) {
                staged.keep();
            } else if (!whole) {
                staged.close();
            }
        }
    }

    private List<ChunkRef> manifest(RemoteNode remote) throws IOException {
        List<ChunkRef> chunks = new ArrayList<>();
        Integer from = 0;
        while (from != null) {
            Manifest page =
                    context.server()
                            .manifest(
                                    context.namespace(), remote.node(), remote.contentRev(), from);
            chunks.addAll(page.chunks());
            from = page.next();
            if (from != null && from != chunks.size()) {
                throw new IOException("the server's manifest has a gap");
            }
        }
        return chunks;
    }

    /** Null when all is there; empty for a race; else the problem. */
    private @Nullable String fill(Job job, List<ChunkRef> chunks, Staged staged)
            throws IOException {
        List<Workers.Task<String>> tasks = new ArrayList<>();
        List<Piece> request = new ArrayList<>();
        long bytes = 0;
        long start = 0;
        for (int i = 0; i < chunks.size(); i++) {
            ChunkRef chunk = chunks.get(i);
            boolean there = staged.found() && holds(staged, chunk, start);
            if (!there && !copied(chunk, start, staged)) {
                if (!request.isEmpty() && bytes + chunk.length() > REQUEST_BYTES_MAX) {
                    List<Piece> full = request;
                    tasks.add(() -> fetch(job, full, staged));
                    request = new ArrayList<>();
                    bytes = 0;
                }
                request.add(new Piece(chunk, i, start));
                bytes += chunk.length();
            }
            start += chunk.length();
        }
        if (!request.isEmpty()) {
            List<Piece> last = request;
            tasks.add(() -> fetch(job, last, staged));
        }
        List<String> problems = new ArrayList<>();
        context.workers()
                .run(
                        tasks,
                        PARALLEL_REQUESTS,
                        problem -> {
                            if (!problem.equals("ok")) {
                                problems.add(problem);
                            }
                        });
        return problems.isEmpty() ? null : problems.getFirst();
    }

    /** True when an earlier attempt has brought the chunk, whole. */
    private static boolean holds(Staged staged, ChunkRef chunk, long start) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(chunk.length());
        int count = 0;
        while (bytes.hasRemaining() && count >= 0) {
            count = staged.read(start + bytes.position(), bytes);
        }
        return !bytes.hasRemaining() && Sha256.hash(bytes.flip()).equals(chunk.hash());
    }

    /** Takes the chunk from a file of the folder, if one still holds it. */
    private boolean copied(ChunkRef chunk, long start, Staged staged) throws IOException {
        for (StateStore.ChunkPlace place : context.store().findChunk(chunk.hash())) {
            String path = paths.apply(place);
            if (path == null || place.length() != chunk.length()) {
                continue;
            }
            ByteBuffer bytes = copy(path, place.offset(), place.length());
            if (bytes != null && Sha256.hash(bytes).equals(chunk.hash())) {
                staged.write(start, bytes);
                return true;
            }
        }
        return false;
    }

    private String fetch(Job job, List<Piece> pieces, Staged staged) throws IOException {
        List<ChunkReadRequest.Address> addresses = new ArrayList<>();
        for (Piece piece : pieces) {
            addresses.add(
                    new ChunkReadRequest.Address(
                            job.remote.node(), job.remote.contentRev(), piece.index));
        }
        int[] arrived = new int[1];
        List<String> problems = new ArrayList<>();
        try {
            context.server()
                    .read(
                            context.namespace(),
                            new ChunkReadRequest(addresses),
                            frame -> {
                                Piece piece = pieces.get(index(frame, pieces.size()));
                                switch (frame) {
                                    case Frame.Chunk chunk -> {
                                        write(chunk, piece, staged);
                                        arrived[0]++;
                                    }
                                    case Frame.Status status ->
                                            problems.add(
                                                    Objects.requireNonNullElse(
                                                            failed(job, status).problem, ""));
                                }
                            });
        } catch (RefusedException e) {
            stop(e);
            return "";
        }
        if (!problems.isEmpty()) {
            return problems.getFirst();
        }
        return arrived[0] == pieces.size() ? "ok" : "";
    }

    private void write(Frame.Chunk chunk, Piece piece, Staged staged) throws IOException {
        ByteBuffer bytes = plain(chunk);
        if (!chunk.hash().equals(piece.chunk.hash()) || bytes.remaining() != piece.chunk.length()) {
            throw new IOException("the server sent another chunk than the manifest names");
        }
        context.progress().bytesDown(bytes.remaining());
        staged.write(piece.start, bytes);
    }
}
