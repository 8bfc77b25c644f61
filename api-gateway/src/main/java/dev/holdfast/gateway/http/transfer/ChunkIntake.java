package dev.holdfast.gateway.http.transfer;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.holdfast.chunkstore.ChunkDigestException;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreException;
import dev.holdfast.gateway.http.CutBodyException;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Problems;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.Placement;
import dev.holdfast.metadata.Uploads;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.frames.FrameFormatException;
import dev.holdfast.model.frames.FrameReader;
import dev.holdfast.model.wire.ChunkUploadResult;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Takes chunks of an upload. Frames are gathered into small batches; a batch's contents are
 * authorised in one transaction, then its chunks are handed to the chunk store, which commits many
 * of them at once while the next batch is being read. Frames of a body that is cut or broken count
 * as far as they were complete.
 */
public final class ChunkIntake {
    /** Frames of one upload body; a declaration's worth with room to spare. */
    public static final int FRAMES_MAX = 10_000;

    /** What is read before it is authorised. */
    private static final int BATCH_BYTES = Limits.CHUNK_BYTES_MAX;

    private static final int BATCH_FRAMES = 512;

    private final Uploads uploads;
    private final ChunkStore chunks;
    private final ByteBudget budget;

    public ChunkIntake(Uploads uploads, ChunkStore chunks, ByteBudget budget) {
        this.uploads = uploads;
        this.chunks = chunks;
        this.budget = budget;
    }

    /** Stores the frames of a body. */
    public ChunkUploadResult framed(
            Caller caller, UploadId upload, InputStream body, long announcedBytes)
            throws IOException, InterruptedException {
        long held = Math.min(announcedBytes, BATCH_BYTES + Limits.CHUNK_BYTES_MAX);
        try (ByteBudget.Share _ = budget.take(held)) {
            Session session = new Session(caller, upload);
            FrameReader frames =
                    new FrameReader(
                            body, Limits.CHUNK_BYTES_MAX, Limits.FRAMED_BODY_BYTES_MAX, FRAMES_MAX);
            try {
                session.readAll(frames);
            } catch (FrameFormatException | EOFException e) {
                session.settle();
                if (CutBodyException.isCauseOf(e)) {
                    throw e;
                }
                throw ProblemException.invalid(
                        e.getMessage() + "; the frames before it were taken");
            }
            return new ChunkUploadResult(session.settle());
        }
    }

    /** Stores one chunk that came as a body of its own. */
    public ChunkUploadResult single(Caller caller, UploadId upload, Frame.Chunk chunk)
            throws InterruptedException {
        try (ByteBudget.Share _ = budget.take(chunk.plainLength())) {
            Session session = new Session(caller, upload);
            session.add(chunk);
            return new ChunkUploadResult(session.settle());
        }
    }

    /** The frames of one request. */
    private final class Session {
        private final Caller caller;
        private final UploadId upload;
        private final Set<ContentId> asked = new HashSet<>();
        private final Set<ContentId> allowed = new HashSet<>();
        private final List<Frame.Chunk> batch = new ArrayList<>();
        private final List<Outcome> outcomes = new ArrayList<>();
        private int batchBytes;

        Session(Caller caller, UploadId upload) {
            this.caller = caller;
            this.upload = upload;
        }

        void readAll(FrameReader frames) throws IOException {
            Frame frame = frames.next();
            while (frame != null) {
                switch (frame) {
                    case Frame.Chunk chunk -> add(chunk);
                    case Frame.Status status ->
                            throw new FrameFormatException("an upload holds chunk frames only");
                }
                frame = frames.next();
            }
        }

        void add(Frame.Chunk chunk) {
            batch.add(chunk);
            batchBytes += chunk.stored().remaining();
            if (batchBytes >= BATCH_BYTES || batch.size() >= BATCH_FRAMES) {
                flush();
            }
        }

        private void flush() {
            Set<ContentId> unknown = new HashSet<>();
            for (Frame.Chunk chunk : batch) {
                if (asked.add(chunk.content())) {
                    unknown.add(chunk.content());
                }
            }
            if (!unknown.isEmpty()) {
                allowed.addAll(Exchange.granted(uploads.authorize(caller, upload, unknown)));
            }
            for (Frame.Chunk chunk : batch) {
                outcomes.add(append(chunk));
            }
            batch.clear();
            batchBytes = 0;
        }

        private Outcome append(Frame.Chunk chunk) {
            if (!allowed.contains(chunk.content())) {
                return new Outcome(chunk, ProblemCode.NOT_FOUND, null);
            }
            ByteBuffer plain = plain(chunk);
            if (plain == null) {
                return new Outcome(chunk, ProblemCode.DIGEST_MISMATCH, null);
            }
            try {
                return new Outcome(
                        chunk, null, chunks.append(chunk.content(), chunk.hash(), plain));
            } catch (ChunkDigestException e) {
                return new Outcome(chunk, ProblemCode.DIGEST_MISMATCH, null);
            } catch (ChunkStoreException e) {
                return new Outcome(chunk, Problems.codeOf(e), null);
            }
        }

        /** Waits until every chunk handed over is durable or refused. */
        List<ChunkUploadResult.Entry> settle() {
            flush();
            List<ChunkUploadResult.Entry> entries = new ArrayList<>(outcomes.size());
            for (Outcome outcome : outcomes) {
                entries.add(outcome.settle());
            }
            return entries;
        }
    }

    /** What becomes of one frame; keeps the ids, not the bytes. */
    private record Outcome(
            ContentId content,
            Sha256 hash,
            @Nullable ProblemCode refused,
            @Nullable CompletableFuture<Placement> placement) {
        Outcome(
                Frame.Chunk chunk,
                @Nullable ProblemCode refused,
                @Nullable CompletableFuture<Placement> placement) {
            this(chunk.content(), chunk.hash(), refused, placement);
        }

        ChunkUploadResult.Entry settle() {
            if (placement == null) {
                return new ChunkUploadResult.Entry(content, hash, refused);
            }
            return new ChunkUploadResult.Entry(content, hash, placed(placement));
        }

        private static @Nullable ProblemCode placed(CompletableFuture<Placement> placement) {
            try {
                return switch (placement.join()) {
                    case PLACED, ALREADY_STORED -> null;
                    case CONTENT_NOT_OPEN -> ProblemCode.NOT_FOUND;
                };
            } catch (CompletionException e) {
                if (e.getCause() instanceof ChunkStoreException failure) {
                    return Problems.codeOf(failure);
                }
                throw e;
            }
        }
    }

    /**
     * The plain bytes, or null when they cannot be had as announced. Decompression stops at the
     * announced length, which the frame reader has bounded: a bomb does not get to explode.
     */
    private static @Nullable ByteBuffer plain(Frame.Chunk chunk) {
        ByteBuffer stored = chunk.stored();
        if (chunk.plainLength() < 1) {
            return null;
        }
        if (chunk.codec() == Codec.PLAIN) {
            return stored.remaining() == chunk.plainLength() ? stored : null;
        }
        byte[] plain = new byte[chunk.plainLength()];
        try {
            long length =
                    Zstd.decompressByteArray(
                            plain,
                            0,
                            plain.length,
                            stored.array(),
                            stored.arrayOffset() + stored.position(),
                            stored.remaining());
            return length == plain.length ? ByteBuffer.wrap(plain) : null;
        } catch (ZstdException e) {
            return null;
        }
    }
}
