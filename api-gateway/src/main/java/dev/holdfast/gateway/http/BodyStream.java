package dev.holdfast.gateway.http;

import io.helidon.common.buffers.DataReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;

/**
 * A request's body, whose sender has to keep going. A connection that ends before the body does
 * throws {@link EOFException}, where the server below throws unchecked exceptions of several kinds.
 */
final class BodyStream extends InputStream {
    /** A body that is not done by then has to keep a pace. */
    private static final Duration PACE_AFTER = Duration.ofSeconds(30);

    private static final long BYTES_PER_SECOND_MIN = 1_024;

    private final InputStream in;
    private final StallGuard.Watch watch;
    private final Duration limit;
    private final long start = System.nanoTime();
    private long received;

    BodyStream(InputStream in, StallGuard.Watch watch, Duration limit) {
        this.in = in;
        this.watch = watch;
        this.limit = limit;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int count = read(one, 0, 1);
        return count < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        watch.arm(limit);
        try {
            int read = in.read(bytes, offset, length);
            keepPace(Math.max(0, read));
            return read;
        } catch (DataReader.InsufficientDataAvailableException | UncheckedIOException e) {
            throw new CutBodyException(e).asEndOfData();
        } finally {
            watch.disarm();
        }
    }

    /** A client that sends a byte now and then holds a connection for ever: it is given up, too. */
    private void keepPace(int bytes) throws IOException {
        received += bytes;
        long nanos = System.nanoTime() - start;
        if (nanos > PACE_AFTER.toNanos()
                && received < nanos / 1_000_000_000L * BYTES_PER_SECOND_MIN) {
            throw new CutBodyException(new IOException("too slow")).asEndOfData();
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
