package dev.holdfast.chunkstore;

import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Bytes in memory as a pack. */
final class MemoryInput implements PackFiles.Input {
    private final byte[] bytes;
    private final @Nullable IOException fault;

    MemoryInput(byte[] bytes) {
        this(bytes, null);
    }

    /**
     * @param fault thrown by every read
     */
    MemoryInput(byte[] bytes, @Nullable IOException fault) {
        this.bytes = bytes;
        this.fault = fault;
    }

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public void read(long position, byte[] to, int from, int length) throws IOException {
        if (fault != null) {
            throw fault;
        }
        if (position < 0 || position + length > bytes.length) {
            throw new EOFException("past the end: " + position + "+" + length);
        }
        System.arraycopy(bytes, (int) position, to, from, length);
    }

    @Override
    public void close() {}
}
