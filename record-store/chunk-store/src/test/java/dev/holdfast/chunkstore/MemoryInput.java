package dev.holdfast.chunkstore;

import java.io.EOFException;

/** Bytes in memory as a pack. */
final class MemoryInput implements PackFiles.Input {
    private final byte[] bytes;

    MemoryInput(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public void read(long position, byte[] to, int from, int length) throws EOFException {
        if (position < 0 || position + length > bytes.length) {
            throw new EOFException("past the end: " + position + "+" + length);
        }
        System.arraycopy(bytes, (int) position, to, from, length);
    }

    @Override
    public void close() {}
}
