package dev.holdfast.gateway.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.RequestException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;

/**
 * A request's body, whose sender has to keep going. A connection that ends before the body does
 * throws {@link EOFException}, where the server below throws unchecked exceptions of several kinds,
 * or even says that the body has ended: over HTTP/2 an interrupted read looks like the end. So the
 * end counts only when nobody interrupted, and all that was announced has come.
 */
final class BodyStream extends InputStream {
    /** A body that is not done by then has to keep a pace. */
    private static final Duration PACE_AFTER = Duration.ofSeconds(30);

    private static final long BYTES_PER_SECOND_MIN = 1_024;

    private final InputStream in;
    private final StallGuard.Watch watch;
    private final Duration limit;
    private final long announced;
    private final boolean streams;
    private final long start = System.nanoTime();
    private long received;

    /**
     * A body.
     *
     * @param announced its length; negative where it is not known
     * @param streams the connection has several at once: HTTP/2
     */
    BodyStream(
            InputStream in,
            StallGuard.Watch watch,
            Duration limit,
            long announced,
            boolean streams) {
        this.in = in;
        this.watch = watch;
        this.limit = limit;
        this.announced = announced;
        this.streams = streams;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int count = read(one, 0, 1);
        return count < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read;
        boolean givenUp;
        watch.arm(limit);
        try {
            read = in.read(bytes, offset, length);
        } catch (DataReader.InsufficientDataAvailableException | UncheckedIOException e) {
            throw new CutBodyException(e).asEndOfData();
        } catch (RequestException e) {
            if (!streams) {
                throw e;
            }
            // The client has reset the stream.
            throw new CutBodyException(e).asEndOfData();
        } finally {
            givenUp = watch.disarm();
        }
        if (givenUp) {
            throw cut("nothing more came");
        }
        if (read < 0 && length > 0) {
            requireWhole();
        }
        keepPace(Math.max(0, read));
        return read;
    }

    private void requireWhole() throws IOException {
        if (announced >= 0 ? received < announced : streams && watch.isStopping()) {
            throw cut("it ended early");
        }
    }

    private static IOException cut(String why) {
        return new CutBodyException(new IOException(why)).asEndOfData();
    }

    /** A client that sends a byte now and then holds a connection for ever: it is given up, too. */
    private void keepPace(int bytes) throws IOException {
        received += bytes;
        long nanos = System.nanoTime() - start;
        if (nanos > PACE_AFTER.toNanos()
                && received < nanos / 1_000_000_000L * BYTES_PER_SECOND_MIN) {
            throw cut("too slow");
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
