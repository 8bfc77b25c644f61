package dev.holdfast.model.frames;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes frames to a stream, which it neither flushes nor closes. The stream should be buffered or
 * cheap to write to. Not safe for use by several threads at once.
 */
public final class FrameWriter {
    private final OutputStream out;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer head = ByteBuffer.allocate(Integer.BYTES + FrameLayout.HEADER_BYTES);
    private int frames;
    private boolean ended;

    public FrameWriter(OutputStream out) {
        this.out = out;
    }

    /** Bytes that a chunk frame takes on the wire. */
    public static long chunkFrameBytes(int storedLength) {
        return 2L * Integer.BYTES + FrameLayout.HEADER_BYTES + storedLength;
    }

    /** Writes a chunk frame; what remains in the array-backed payload is left as it was. */
    public void chunk(Frame.Chunk chunk) throws IOException {
        frames++;
        head(
                FrameLayout.KIND_CHUNK,
                chunk.codec().wire(),
                0,
                chunk.content(),
                chunk.hash(),
                chunk.stored().remaining(),
                chunk.plainLength(),
                chunk.index());
        ByteBuffer stored = chunk.stored();
        int from = stored.arrayOffset() + stored.position();
        crc.update(stored.array(), from, stored.remaining());
        out.write(stored.array(), from, stored.remaining());
        tail();
    }

    /** Writes a status frame in the place of the chunk at that index. */
    public void status(Frame.Status status) throws IOException {
        frames++;
        head(
                FrameLayout.KIND_STATUS,
                Codec.PLAIN.wire(),
                status.status(),
                status.content(),
                status.hash(),
                0,
                0,
                status.index());
        tail();
    }

    /** Writes the end frame; nothing may follow. */
    public void end() throws IOException {
        head(
                FrameLayout.KIND_END,
                Codec.PLAIN.wire(),
                0,
                Frame.NO_CONTENT,
                new Sha256(0, 0, 0, 0),
                0,
                0,
                frames);
        tail();
        ended = true;
    }

    private void head(
            int kind,
            int codec,
            int status,
            ContentId content,
            Sha256 hash,
            int storedLength,
            int plainLength,
            int index)
            throws IOException {
        if (ended) {
            throw new IllegalStateException("the body has its end frame already");
        }
        Id128 id = content.id();
        head.clear();
        head.putInt(FrameLayout.HEADER_BYTES).put((byte) kind).put((byte) codec);
        head.putShort((short) status).putLong(id.high()).putLong(id.low());
        hash.write(head);
        head.putInt(storedLength).putInt(plainLength).putInt(index);
        crc.reset();
        crc.update(head.array(), Integer.BYTES, FrameLayout.HEADER_BYTES);
        out.write(head.array(), 0, head.position());
    }

    private void tail() throws IOException {
        head.clear();
        head.putInt((int) crc.getValue());
        out.write(head.array(), 0, head.position());
    }
}
