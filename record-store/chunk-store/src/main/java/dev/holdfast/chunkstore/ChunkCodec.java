package dev.holdfast.chunkstore;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a chunk is stored compressed. Most large files are compressed already, so a
 * sample is tried first: three pieces, from the start, the middle and the end.
 */
final class ChunkCodec {
    static final int PLAIN = 0;
    static final int ZSTD = 1;

    private static final int LEVEL = 1;
    private static final int SMALLEST = 128;
    private static final int SAMPLE_PIECE = 8 << 10;
    private static final int SAMPLE_FROM = 16 * SAMPLE_PIECE;
    private static final int CONTEXTS_KEPT = 8;

    /** Contexts cost about a megabyte of native memory and time to make. */
    private final BlockingQueue<ZstdCompressCtx> contexts = new ArrayBlockingQueue<>(CONTEXTS_KEPT);

    static boolean known(int codec) {
        return codec == PLAIN || codec == ZSTD;
    }

    /** The compressed bytes, or null when they would save less than 5 %. */
    byte @Nullable [] compress(byte[] bytes, int from, int length) {
        if (length < SMALLEST) {
            return null;
        }
        ZstdCompressCtx kept = contexts.poll();
        ZstdCompressCtx context = kept == null ? new ZstdCompressCtx().setLevel(LEVEL) : kept;
        try {
            if (length >= SAMPLE_FROM && !samplePays(context, bytes, from, length)) {
                return null;
            }
            byte[] out = new byte[(int) Zstd.compressBound(length)];
            int size = context.compressByteArray(out, 0, out.length, bytes, from, length);
            return pays(size, length) ? Arrays.copyOf(out, size) : null;
        } finally {
            if (!contexts.offer(context)) {
                context.close();
            }
        }
    }

    private static boolean samplePays(ZstdCompressCtx context, byte[] bytes, int from, int length) {
        byte[] sample = new byte[3 * SAMPLE_PIECE];
        System.arraycopy(bytes, from, sample, 0, SAMPLE_PIECE);
        System.arraycopy(bytes, from + length / 2, sample, SAMPLE_PIECE, SAMPLE_PIECE);
        System.arraycopy(
                bytes, from + length - SAMPLE_PIECE, sample, 2 * SAMPLE_PIECE, SAMPLE_PIECE);
        return pays(context.compress(sample).length, sample.length);
    }

    private static boolean pays(int compressed, int plain) {
        return compressed <= plain - plain / 20;
    }

    /**
     * The plain bytes of a payload.
     *
     * @throws IOException when the payload does not decompress to that length
     */
    static byte[] decode(int codec, byte[] bytes, int from, int length, int plainLength)
            throws IOException {
        if (codec == PLAIN) {
            if (length != plainLength) {
                throw new IOException("a plain payload has two lengths");
            }
            return Arrays.copyOfRange(bytes, from, from + length);
        }
        byte[] plain = new byte[plainLength];
        try {
            long size = Zstd.decompressByteArray(plain, 0, plainLength, bytes, from, length);
            if (Zstd.isError(size) || size != plainLength) {
                throw new IOException("the payload does not decompress to its length");
            }
        } catch (ZstdException e) {
            throw new IOException("the payload does not decompress: " + e.getMessage(), e);
        }
        return plain;
    }

    /**
     * The digest of the plain bytes of a payload, which are not copied when they lie there plainly.
     *
     * @throws IOException as {@link #decode}
     */
    static Sha256 hash(int codec, byte[] bytes, int from, int length, int plainLength)
            throws IOException {
        return codec == PLAIN && length == plainLength
                ? Sha256.hash(ByteBuffer.wrap(bytes, from, length))
                : Sha256.hash(decode(codec, bytes, from, length, plainLength));
    }

    /** The array behind the buffer's remaining bytes, or a copy of them. */
    static ByteBuffer onHeap(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            return bytes.slice();
        }
        ByteBuffer copy = ByteBuffer.allocate(bytes.remaining());
        return copy.put(bytes.duplicate()).flip();
    }

    void close() {
        for (ZstdCompressCtx context = contexts.poll();
                context != null;
                context = contexts.poll()) {
            context.close();
        }
    }
}
