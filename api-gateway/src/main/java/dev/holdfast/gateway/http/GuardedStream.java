package dev.holdfast.gateway.http;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/** An answer's body: a client that does not read is given up on. */
final class GuardedStream extends OutputStream {
    private final OutputStream out;
    private final StallGuard.Watch watch;
    private final Duration limit;

    GuardedStream(OutputStream out, StallGuard.Watch watch, Duration limit) {
        this.out = out;
        this.watch = watch;
        this.limit = limit;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        guarded(() -> out.write(bytes, offset, length));
    }

    @Override
    public void flush() throws IOException {
        guarded(out::flush);
    }

    @Override
    public void close() throws IOException {
        guarded(out::close);
    }

    private interface Step {
        void run() throws IOException;
    }

    private void guarded(Step step) throws IOException {
        watch.arm(limit);
        try {
            step.run();
        } catch (RuntimeException e) {
            // Over HTTP/2 it fails with what no handler of a connection knows.
            throw watch.disarm() ? new CutBodyException(e) : e;
        } finally {
            watch.disarm();
        }
    }
}
