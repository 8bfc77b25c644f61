package dev.holdfast.sync.engine;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.chunking.FastCdc;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.server.BusyException;
import dev.holdfast.sync.server.RefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Sends files: digest, declare, send what is missing, commit. Small files go many to a request; a
 * large one goes a few chunks to a request, several at a time. What the server has already is never
 * sent again, so an upload that was cut continues where it was.
 *
 * <p>It has no lock, and must not have one: the store asks it for operations while it holds its
 * own.
 */
final class Uploader {
    /** As many as one batch of operations takes: a group is seen elsewhere while others go on. */
    private static final int GROUP_FILES_MAX = Limits.BATCH_OPS_MAX;

    private static final long GROUP_BYTES_MAX = 8L << 20;
    private static final long REQUEST_BYTES_MAX = 6L << 20;
    private static final int PARALLEL_REQUESTS = 3;

    /** A file to be sent, as the control thread knows it. */
    record Job(Action.Upload action, String path, long size) {}

    /**
     * What became of one file.
     *
     * @param digest null when the file could not be read steadily
     * @param sent null when no operation was sent
     * @param problem in words for a person; null for a race or for success
     */
    record Outcome(
            Action.Upload action,
            @Nullable FileDigest digest,
            Outbox.@Nullable Sent sent,
            @Nullable String problem) {}

    private record Item(Job job, FileDigest digest, ByteBuffer bytes, ContentId content) {}

    private final Context context;
    private final Outbox outbox;
    private final FileHasher hasher;

    Uploader(Context context, Outbox outbox, FileHasher hasher) {
        this.context = context;
        this.outbox = outbox;
        this.hasher = hasher;
    }

    /** One task for each large file and for each group of small ones. */
    List<Workers.Task<List<Outcome>>> tasks(List<Job> jobs) {
        List<Workers.Task<List<Outcome>>> tasks = new ArrayList<>();
        List<Job> group = new ArrayList<>();
        long bytes = 0;
        for (Job job : jobs) {
            if (job.size > FastCdc.MIN_BYTES) {
                tasks.add(() -> List.of(large(job)));
                continue;
            }
            if (group.size() == GROUP_FILES_MAX || bytes + job.size > GROUP_BYTES_MAX) {
                List<Job> full = group;
                tasks.add(() -> small(full));
                group = new ArrayList<>();
                bytes = 0;
            }
            group.add(job);
            bytes += job.size;
        }
        if (!group.isEmpty()) {
            List<Job> last = group;
            tasks.add(() -> small(last));
        }
        return tasks;
    }

    private ContentId freshContent() {
        return ContentId.random(context.random());
    }

    private UploadId begin(long bytes) throws IOException {
        UploadId upload = UploadId.random(context.random());
        context.store().putUpload(upload);
        context.server().begin(new UploadStart(upload, context.namespace(), bytes));
        return upload;
    }

    private List<Outcome> small(List<Job> jobs) throws IOException {
        List<Outcome> outcomes = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        long bytes = 0;
        for (Job job : jobs) {
            try {
                FileHasher.Whole whole = hasher.whole(job.path);
                if (whole == null) {
                    outcomes.add(new Outcome(job.action, null, null, null));
                } else {
                    items.add(new Item(job, whole.digest(), whole.bytes(), freshContent()));
                    bytes += whole.bytes().remaining();
                }
            } catch (IOException e) {
                outcomes.add(unreadable(job, e));
            }
        }
        if (items.isEmpty()) {
            return outcomes;
        }
        UploadId upload;
        try {
            upload = begin(bytes);
        } catch (RefusedException e) {
            return refused(jobs, e);
        }
        Set<ContentId> failed = send(upload, items);
        List<Item> whole = new ArrayList<>();
        for (Item item : items) {
            if (failed.contains(item.content)) {
                outcomes.add(new Outcome(item.job.action, item.digest, null, null));
            } else {
                whole.add(item);
            }
        }
        List<LongFunction<Op>> ops = new ArrayList<>();
        for (Item item : whole) {
            ops.add(sequence -> op(sequence, item.job.action, item.digest, item.content));
        }
        List<Outbox.Sent> sent = outbox.send(ops);
        for (int i = 0; i < sent.size(); i++) {
            context.progress().fileUp();
            context.progress().happened("sent", whole.get(i).job.path);
            outcomes.add(
                    new Outcome(whole.get(i).job.action, whole.get(i).digest, sent.get(i), null));
        }
        context.store().removeUpload(upload);
        return outcomes;
    }

    private static Outcome unreadable(Job job, IOException e) {
        return new Outcome(job.action, null, null, "it cannot be read: " + e.getMessage());
    }

    private static List<Outcome> refused(List<Job> jobs, RefusedException e) throws IOException {
        if (e.code() == ProblemCode.NOT_SIGNED_IN) {
            throw e;
        }
        List<Outcome> outcomes = new ArrayList<>();
        for (Job job : jobs) {
            outcomes.add(new Outcome(job.action, null, null, e.getMessage()));
        }
        return outcomes;
    }

    /** Declares the contents and sends what is missing; answers the contents that failed. */
    private Set<ContentId> send(UploadId upload, List<Item> items) throws IOException {
        Map<ContentId, Item> byContent = new LinkedHashMap<>();
        items.forEach(item -> byContent.put(item.content, item));
        List<Item> todo = items;
        Set<ContentId> failed = new HashSet<>();
        // A chunk that two of them share is sent for the first; the second then finds it there.
        for (int round = 0; round < 3 && !todo.isEmpty(); round++) {
            List<Item> missing = declare(upload, todo, byContent);
            Set<Sha256> sending = new HashSet<>();
            List<Item> now = new ArrayList<>();
            List<Item> later = new ArrayList<>();
            for (Item item : missing) {
                boolean first = sending.add(item.digest.chunks().getFirst().hash());
                (first ? now : later).add(item);
            }
            transmit(upload, now, failed);
            todo = later;
        }
        todo.forEach(item -> failed.add(item.content));
        return failed;
    }

    private List<Item> declare(UploadId upload, List<Item> items, Map<ContentId, Item> byContent)
            throws IOException {
        List<ContentPart> parts = new ArrayList<>();
        for (Item item : items) {
            parts.add(new ContentPart(item.content, 0, true, item.digest.chunks()));
        }
        DeclarationResult result = context.server().declare(upload, new Declaration(parts));
        List<Item> missing = new ArrayList<>();
        for (DeclarationResult.PartResult part : result.contents()) {
            Item item = byContent.get(part.content());
            if (item != null && !part.missing().isEmpty()) {
                missing.add(item);
            }
        }
        return missing;
    }

    private void transmit(UploadId upload, List<Item> items, Set<ContentId> failed)
            throws IOException {
        if (items.isEmpty()) {
            return;
        }
        List<Frame.Chunk> frames = new ArrayList<>();
        for (Item item : items) {
            ChunkRef chunk = item.digest.chunks().getFirst();
            frames.add(
                    new Frame.Chunk(
                            item.content,
                            chunk.hash(),
                            Codec.PLAIN,
                            chunk.length(),
                            0,
                            item.bytes.duplicate()));
            context.progress().bytesUp(chunk.length());
        }
        ChunkUploadResult result = context.server().send(upload, frames);
        failed.addAll(refused(result));
    }

    /**
     * The contents of which a chunk was not taken, for its file had changed.
     *
     * @throws BusyException when the server cannot take chunks now
     */
    static Set<ContentId> refused(ChunkUploadResult result) throws BusyException {
        Set<ContentId> contents = new HashSet<>();
        for (ChunkUploadResult.Entry entry : result.chunks()) {
            ProblemCode code = entry.code();
            if (code != null && code.retryable()) {
                throw new BusyException("the server cannot store the bytes now", 0);
            }
            if (code != null) {
                contents.add(entry.content());
            }
        }
        return contents;
    }

    private Outcome large(Job job) throws IOException {
        FileDigest digest;
        try {
            digest = hasher.digest(job.path);
        } catch (IOException e) {
            return unreadable(job, e);
        }
        if (digest == null) {
            return new Outcome(job.action, null, null, null);
        }
        UploadId upload;
        try {
            upload = begin(digest.print().size());
        } catch (RefusedException e) {
            return refused(List.of(job), e).getFirst();
        }
        ContentId content = freshContent();
        if (!sendParts(upload, content, job, digest)) {
            return new Outcome(job.action, digest, null, null);
        }
        Outbox.Sent sent =
                outbox.send(List.of(sequence -> op(sequence, job.action, digest, content)))
                        .getFirst();
        context.store().putChunks(job.action.node(), digest.chunks());
        context.store().removeUpload(upload);
        context.progress().fileUp();
        context.progress().happened("sent", job.path);
        return new Outcome(job.action, digest, sent, null);
    }

    /** A chunk of a large file, and where it begins. */
    private record Piece(ChunkRef chunk, long start) {}

    private boolean sendParts(UploadId upload, ContentId content, Job job, FileDigest digest)
            throws IOException {
        List<ChunkRef> chunks = digest.chunks();
        long start = 0;
        int part = 0;
        Set<Sha256> sent = new HashSet<>();
        for (int from = 0; from == 0 || from < chunks.size(); from += Limits.PART_CHUNKS_MAX) {
            int to = Math.min(chunks.size(), from + Limits.PART_CHUNKS_MAX);
            List<ChunkRef> piece = chunks.subList(from, to);
            ContentPart declared = new ContentPart(content, part, to == chunks.size(), piece);
            DeclarationResult result =
                    context.server().declare(upload, new Declaration(List.of(declared)));
            Set<Integer> missing = new HashSet<>(result.contents().getFirst().missing());
            List<Piece> todo = new ArrayList<>();
            for (int i = 0; i < piece.size(); i++) {
                ChunkRef chunk = piece.get(i);
                if (missing.contains(i) && sent.add(chunk.hash())) {
                    todo.add(new Piece(chunk, start));
                }
                start += chunk.length();
            }
            if (!todo.isEmpty() && !sendPieces(upload, content, job.path, todo)) {
                return false;
            }
            part++;
        }
        return true;
    }

    private boolean sendPieces(UploadId upload, ContentId content, String path, List<Piece> todo)
            throws IOException {
        List<Boolean> results = new ArrayList<>();
        try (Disk.Reader reader = context.disk().read(path)) {
            List<Workers.Task<Boolean>> tasks = new ArrayList<>();
            List<Piece> request = new ArrayList<>();
            long bytes = 0;
            for (Piece piece : todo) {
                if (!request.isEmpty() && bytes + piece.chunk.length() > REQUEST_BYTES_MAX) {
                    List<Piece> full = request;
                    tasks.add(() -> sendTogether(upload, content, reader, full));
                    request = new ArrayList<>();
                    bytes = 0;
                }
                request.add(piece);
                bytes += piece.chunk.length();
            }
            List<Piece> last = request;
            tasks.add(() -> sendTogether(upload, content, reader, last));
            context.workers().run(tasks, PARALLEL_REQUESTS, results::add);
        }
        return !results.contains(false);
    }

    /** False when the file does not hold these bytes any more. */
    private boolean sendTogether(
            UploadId upload, ContentId content, Disk.Reader reader, List<Piece> pieces)
            throws IOException {
        List<Frame.Chunk> frames = new ArrayList<>();
        for (Piece piece : pieces) {
            ByteBuffer bytes = ByteBuffer.allocate(piece.chunk.length());
            int count = 0;
            while (bytes.hasRemaining() && count >= 0) {
                count = reader.read(piece.start + bytes.position(), bytes);
            }
            if (bytes.hasRemaining()) {
                return false;
            }
            frames.add(
                    new Frame.Chunk(
                            content,
                            piece.chunk.hash(),
                            Codec.PLAIN,
                            piece.chunk.length(),
                            0,
                            bytes.flip()));
        }
        ChunkUploadResult result = context.server().send(upload, frames);
        pieces.forEach(piece -> context.progress().bytesUp(piece.chunk.length()));
        return refused(result).isEmpty();
    }

    private Op op(long sequence, Action.Upload action, FileDigest digest, ContentId content) {
        long mtime = digest.print().mtime();
        return switch (action) {
            case Action.UploadNew file ->
                    new Op.CreateFile(
                            sequence,
                            file.node(),
                            file.parent(),
                            file.name(),
                            content,
                            mtime,
                            digest.executable(),
                            OnConflict.KEEP_BOTH);
            case Action.UploadEdit edit ->
                    new Op.PutContent(
                            sequence,
                            edit.node(),
                            edit.baseContentRev(),
                            content,
                            mtime,
                            digest.executable(),
                            OnConflict.KEEP_BOTH,
                            freshNode());
        };
    }

    private NodeId freshNode() {
        return NodeId.random(context.random());
    }
}
