package dev.holdfast.gateway.http;

import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.function.Consumer;

/** Hashes what passes, and tells before the end is written. */
final class DigestedStream extends OutputStream {
    private final OutputStream out;
    private final Consumer<Sha256> whole;
    private final MessageDigest digest = Sha256.newDigest();
    private boolean closed;

    DigestedStream(OutputStream out, Consumer<Sha256> whole) {
        this.out = out;
        this.whole = whole;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        digest.update(bytes, offset, length);
        out.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            whole.accept(Sha256.of(digest.digest()));
        }
        out.close();
    }
}
