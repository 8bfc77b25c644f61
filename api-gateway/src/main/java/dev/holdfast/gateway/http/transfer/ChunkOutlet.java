package dev.holdfast.gateway.http.transfer;

import dev.holdfast.chunkstore.ChunkReads;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreException;
import dev.holdfast.chunkstore.StoredChunk;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Problems;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChunkToRead;
import dev.holdfast.metadata.Nodes;
import dev.holdfast.model.Answer;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.frames.FrameWriter;
import dev.holdfast.model.wire.ChunkReadRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends chunks in frames, in the order they were asked for. A chunk that cannot be had is a status
 * frame in its place; the body goes on.
 */
public final class ChunkOutlet {
    private static final Sha256 UNKNOWN = new Sha256(0, 0, 0, 0);

    private final Nodes nodes;
    private final ChunkStore chunks;

    public ChunkOutlet(Nodes nodes, ChunkStore chunks) {
        this.nodes = nodes;
        this.chunks = chunks;
    }

    /** Answers the request with frames. */
    public void framed(Exchange exchange, Caller caller, NamespaceId ns, ChunkReadRequest request)
            throws IOException {
        List<Answer<ChunkToRead>> found =
                Exchange.granted(nodes.chunks(caller, ns, request.chunks()));
        List<StoredChunk> stored = new ArrayList<>(found.size());
        for (Answer<ChunkToRead> answer : found) {
            if (answer instanceof Answer.Ok<ChunkToRead>(ChunkToRead chunk)) {
                stored.add(new StoredChunk(chunk.hash(), chunk.location()));
            }
        }
        try (ChunkReads reads = chunks.read(stored);
                OutputStream out = exchange.streamed(200, Exchange.FRAMES, -1)) {
            FrameWriter frames = new FrameWriter(out);
            int index = 0;
            for (Answer<ChunkToRead> answer : found) {
                switch (answer) {
                    case Answer.Ok<ChunkToRead>(ChunkToRead chunk) ->
                            write(frames, chunk, index, reads);
                    case Answer.Refused<ChunkToRead> refused ->
                            frames.status(
                                    status(UNKNOWN, refused.refusal().code().status(), index));
                }
                index++;
            }
            frames.end();
        }
    }

    private static void write(FrameWriter frames, ChunkToRead chunk, int index, ChunkReads reads)
            throws IOException {
        byte[] plain;
        try {
            plain = reads.next();
        } catch (ChunkStoreException e) {
            frames.status(status(chunk.hash(), Problems.codeOf(e).status(), index));
            return;
        }
        frames.chunk(
                new Frame.Chunk(
                        Frame.NO_CONTENT,
                        chunk.hash(),
                        Codec.PLAIN,
                        plain.length,
                        index,
                        ByteBuffer.wrap(plain)));
    }

    private static Frame.Status status(Sha256 hash, int status, int index) {
        return new Frame.Status(Frame.NO_CONTENT, hash, status, index);
    }
}
