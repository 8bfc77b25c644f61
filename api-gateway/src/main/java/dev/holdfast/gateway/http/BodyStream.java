package dev.holdfast.gateway.http;

import io.helidon.common.buffers.DataReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * A request's body. A connection that ends before the body does throws {@link EOFException}, where
 * the server below throws unchecked exceptions of several kinds.
 */
final class BodyStream extends InputStream {
    private final InputStream in;

    BodyStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int count = read(one, 0, 1);
        return count < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        try {
            return in.read(bytes, offset, length);
        } catch (DataReader.InsufficientDataAvailableException | UncheckedIOException e) {
            throw new CutBodyException(e).asEndOfData();
        }
    }

    /** Into one array at once: callers have bounded the length. */
    @Override
    public byte[] readNBytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        int read = readNBytes(bytes, 0, length);
        return read == length ? bytes : Arrays.copyOf(bytes, read);
    }
}
