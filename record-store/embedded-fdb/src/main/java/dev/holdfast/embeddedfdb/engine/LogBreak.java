package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A place in a log of RocksDB behind which its reader would stay for ever: a record whose kind is
 * one of logs that are used again, in a log that is none. One wrong bit makes such a kind, and so
 * may what a disk held before behind the end of a log. This engine's logs are never used again, so
 * none of these kinds is ever written, and no log with one must reach RocksDB.
 *
 * <p>A log is a row of blocks of 32 KiB; a block holds whole records (masked CRC-32C of kind and
 * bytes, length in two bytes, kind, bytes), and where one is broken, reading goes on with the next
 * block.
 */
final class LogBreak {
    private static final int BLOCK_BYTES = 32_768;
    private static final int HEADER_BYTES = 7;
    private static final int CRC_MASK = 0xa282ead8;

    private final Path log;
    private final long offset;
    private final boolean lastRecords;

    private LogBreak(Path log, long offset, boolean lastRecords) {
        this.log = log;
        this.offset = offset;
        this.lastRecords = lastRecords;
    }

    /**
     * The first such place in the logs of a data directory, its manifest among them, or null when
     * there is none.
     */
    static @Nullable LogBreak find(Path data) throws IOException {
        if (!Files.isDirectory(data)) {
            return null;
        }
        Path current = data.resolve("CURRENT");
        if (Files.isRegularFile(current)) {
            String named = Files.readString(current, StandardCharsets.ISO_8859_1).strip();
            Path manifest = data.resolve("MANIFEST-" + named.replaceAll("[^0-9]", ""));
            LogBreak found = Files.isRegularFile(manifest) ? in(manifest) : null;
            if (found != null) {
                // Nothing says what the manifest should end with, so its end is never cut.
                return new LogBreak(manifest, found.offset, false);
            }
        }
        List<Path> logs;
        try (Stream<Path> files = Files.list(data)) {
            logs = files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        }
        for (Path log : logs) {
            LogBreak found = in(log);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static @Nullable LogBreak in(Path log) throws IOException {
        long found = -1;
        long position = 0;
        try (InputStream in = Files.newInputStream(log)) {
            for (byte[] block = in.readNBytes(BLOCK_BYTES);
                    block.length > 0;
                    block = in.readNBytes(BLOCK_BYTES)) {
                int at = 0;
                int end = endOfRecord(block, at);
                while (end > 0) {
                    if (found >= 0) {
                        return new LogBreak(log, found, false);
                    }
                    at = end;
                    end = endOfRecord(block, at);
                }
                if (found < 0 && isOfUsedLog(block, at)) {
                    found = position + at;
                }
                position += block.length;
            }
        }
        return found < 0 ? null : new LogBreak(log, found, true);
    }

    /** Where the whole and right record at this place ends, or -1 when there is none. */
    private static int endOfRecord(byte[] block, int at) {
        if (block.length - at < HEADER_BYTES) {
            return -1;
        }
        ByteBuffer bytes = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        int length = bytes.getShort(at + 4) & 0xffff;
        int end = at + HEADER_BYTES + length;
        if (block[at + 6] == 0 || isOfUsedLog(block, at) || end > block.length) {
            return -1;
        }
        CRC32C crc = new CRC32C();
        crc.update(block, at + 6, 1 + length);
        int masked = Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
        return masked == bytes.getInt(at) ? end : -1;
    }

    private static boolean isOfUsedLog(byte[] block, int at) {
        if (block.length - at < HEADER_BYTES) {
            return false;
        }
        int kind = block[at + 6] & 0xff;
        return (kind >= 5 && kind <= 8) || kind == 11 || kind >= 130;
    }

    /** Whether it may be the end that a crash in the middle of a write leaves. */
    boolean isBehindLastRecord() {
        return lastRecords;
    }

    /** Cuts the log there; the bytes that it held from there on. */
    byte[] cut() throws IOException {
        try (FileChannel file =
                FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.allocate(Math.toIntExact(file.size() - offset));
            while (rest.hasRemaining()) {
                if (file.read(rest, offset + rest.position()) < 0) {
                    throw new IOException(log + " became shorter while it was read");
                }
            }
            file.truncate(offset);
            file.force(true);
            return rest.array();
        }
    }

    /** Puts back what {@link #cut} took. */
    void restore(byte[] rest) throws IOException {
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(rest);
            while (bytes.hasRemaining()) {
                file.write(bytes, offset + bytes.position());
            }
            file.force(true);
        }
    }

    @Override
    public String toString() {
        return "the log " + log.getFileName() + " is broken at byte " + offset;
    }
}
