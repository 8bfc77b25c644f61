package dev.holdfast.model.frames;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames from a stream, which it does not close. Every length is checked against the limits
 * before anything is allocated. Not safe for use by several threads at once.
 */
public final class FrameReader {
    private final InputStream in;
    private final int payloadBytesMax;
    private final long bodyBytesMax;
    private final int framesMax;
    private final CRC32C crc = new CRC32C();
    private int frames;
    private long payloadBytes;
    private boolean ended;

    /**
     * A reader with limits.
     *
     * @param payloadBytesMax stored bytes of one frame, and plain bytes it may announce
     * @param bodyBytesMax stored bytes of all frames together
     * @param framesMax chunk and status frames of the body
     */
    public FrameReader(InputStream in, int payloadBytesMax, long bodyBytesMax, int framesMax) {
        this.in = in;
        this.payloadBytesMax = payloadBytesMax;
        this.bodyBytesMax = bodyBytesMax;
        this.framesMax = framesMax;
    }

    /**
     * The next frame, or null after the end frame.
     *
     * @throws EOFException when the body was cut; the frames read before it are good
     * @throws FrameFormatException when a CRC, a count or a limit is broken
     */
    public @Nullable Frame next() throws IOException {
        if (ended) {
            return null;
        }
        ByteBuffer header = header();
        int kind = header.get();
        int codec = header.get();
        int status = Short.toUnsignedInt(header.getShort());
        ContentId content = new ContentId(new Id128(header.getLong(), header.getLong()));
        Sha256 hash = Sha256.read(header);
        int storedLength = bounded(header.getInt(), "stored");
        int plainLength = bounded(header.getInt(), "plain");
        int index = header.getInt();
        payloadBytes += storedLength;
        if (payloadBytes > bodyBytesMax) {
            throw new FrameFormatException(
                    "a framed body carries at most " + bodyBytesMax + " bytes; send it in parts");
        }
        byte[] payload = exactly(storedLength);
        crc.update(payload);
        int expected = ByteBuffer.wrap(exactly(Integer.BYTES)).getInt();
        if (expected != (int) crc.getValue()) {
            throw new FrameFormatException("frame " + frames + " has a wrong CRC32C");
        }
        return switch (kind) {
            case FrameLayout.KIND_CHUNK -> {
                count();
                yield new Frame.Chunk(
                        content,
                        hash,
                        Codec.of(codec),
                        plainLength,
                        index,
                        ByteBuffer.wrap(payload));
            }
            case FrameLayout.KIND_STATUS -> {
                count();
                yield new Frame.Status(content, hash, status, index);
            }
            case FrameLayout.KIND_END -> end(index);
            default -> throw new FrameFormatException("a frame is of an unknown kind: " + kind);
        };
    }

    private @Nullable Frame end(int announced) throws FrameFormatException {
        if (announced != frames) {
            throw new FrameFormatException(
                    "the end frame announces " + announced + " frames, there were " + frames);
        }
        ended = true;
        return null;
    }

    private void count() throws FrameFormatException {
        frames++;
        if (frames > framesMax) {
            throw new FrameFormatException(
                    "a framed body carries at most " + framesMax + " frames; send it in parts");
        }
    }

    private ByteBuffer header() throws IOException {
        int length = ByteBuffer.wrap(exactly(Integer.BYTES)).getInt();
        if (length < FrameLayout.HEADER_BYTES || length > FrameLayout.HEADER_BYTES_MAX) {
            throw new FrameFormatException("a frame header has an impossible length: " + length);
        }
        byte[] header = exactly(length);
        crc.reset();
        crc.update(header);
        return ByteBuffer.wrap(header);
    }

    private int bounded(int length, String which) throws FrameFormatException {
        if (length < 0 || length > payloadBytesMax) {
            throw new FrameFormatException(
                    "a frame's " + which + " length is beyond " + payloadBytesMax + " bytes");
        }
        return length;
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the framed body was cut after " + frames + " frames");
        }
        return bytes;
    }
}
