package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The newest version whose commit was acknowledged, in a mapped file. It is set after the log was
 * synchronised and is itself never synchronised on that path: it survives the end of the process,
 * and after a power failure it may lag, but it is never ahead of the log. So a log that ends before
 * it has lost acknowledged commits.
 *
 * <p>Two slots (version, CRC-32C of it) are written in turn, so that one is whole at any moment.
 */
final class HighWaterMark implements AutoCloseable {
    private static final int SLOT_BYTES = 16;
    private static final int FILE_BYTES = 4_096;

    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final FileChannel channel;
    private final Arena mapping;
    private final MemorySegment slots;
    private int next;

    private HighWaterMark(FileChannel channel, Arena mapping, MemorySegment slots) {
        this.channel = channel;
        this.mapping = mapping;
        this.slots = slots;
    }

    /** Opens the file for marking, creating it at full size when it is absent. */
    @SuppressWarnings(
            "MustBeClosedChecker") // the mapping lives as long as the mark, which closes it
    static HighWaterMark open(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        Arena mapping = Arena.ofShared();
        try {
            if (channel.size() < FILE_BYTES) {
                // Real blocks, so that a full disk cannot surprise a write to the mapping.
                channel.write(ByteBuffer.allocate(FILE_BYTES), 0);
                channel.force(true);
            }
            MemorySegment slots =
                    channel.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES, mapping);
            return new HighWaterMark(channel, mapping, slots);
        } catch (IOException failure) {
            mapping.close();
            channel.close();
            throw failure;
        }
    }

    /** The mark in a file, or 0 when there is none; changes nothing. */
    static long read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        long newest = 0;
        for (int slot = 0; slot < 2 && bytes.limit() >= (slot + 1) * SLOT_BYTES; slot++) {
            long version = bytes.getLong(slot * SLOT_BYTES);
            if (bytes.getLong(slot * SLOT_BYTES + Long.BYTES) == checksum(version)) {
                newest = Math.max(newest, version);
            }
        }
        return newest;
    }

    void set(long version) {
        long position = (long) next * SLOT_BYTES;
        slots.set(LONG, position, version);
        slots.set(LONG, position + Long.BYTES, checksum(version));
        next = 1 - next;
    }

    private static long checksum(long version) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(Long.BYTES).putLong(version).flip());
        return crc.getValue();
    }

    @Override
    public void close() throws IOException {
        slots.force();
        mapping.close();
        channel.close();
    }
}
