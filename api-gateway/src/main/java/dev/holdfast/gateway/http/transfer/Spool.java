package dev.holdfast.gateway.http.transfer;

import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.model.ContentHash;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.chunking.FastCdc;
import dev.holdfast.model.wire.ChunkRef;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * A body that was received whole before anything was made of it: its bytes in a file that is gone
 * when this is closed, cut into chunks on the way in.
 */
final class Spool implements AutoCloseable {
    /** Two chunks of the largest size: one being cut, one being read. */
    static final int BUFFER_BYTES = 2 * FastCdc.MAX_BYTES;

    private final FileChannel file;
    private final List<ChunkRef> chunks = new ArrayList<>();
    private final MessageDigest whole = Sha256.newDigest();
    private long size;

    private Spool(FileChannel file) {
        this.file = file;
    }

    /**
     * Receives a body.
     *
     * @param bytesMax a longer body is refused
     */
    static Spool receive(Path directory, InputStream body, long bytesMax) throws IOException {
        Files.createDirectories(directory);
        Path path = Files.createTempFile(directory, "body", ".spool");
        Spool spool =
                new Spool(
                        FileChannel.open(
                                path,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.DELETE_ON_CLOSE));
        try {
            spool.cut(body, bytesMax);
            return spool;
        } catch (IOException | RuntimeException e) {
            spool.close();
            throw e;
        }
    }

    private void cut(InputStream body, long bytesMax) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        int held = 0;
        boolean ended = false;
        while (!ended || held > 0) {
            int read = ended ? 0 : body.readNBytes(buffer, held, buffer.length - held);
            ended = ended || held + read < buffer.length;
            held += read;
            int from = 0;
            while (held - from >= FastCdc.MAX_BYTES || (ended && from < held)) {
                int length = FastCdc.cut(buffer, from, held);
                add(buffer, from, length, bytesMax);
                from += length;
            }
            System.arraycopy(buffer, from, buffer, 0, held - from);
            held -= from;
        }
    }

    private void add(byte[] buffer, int from, int length, long bytesMax) throws IOException {
        size += length;
        if (size > bytesMax || chunks.size() >= Limits.CONTENT_CHUNKS_MAX) {
            throw new ProblemException(
                    ProblemCode.TOO_LARGE,
                    "a plain upload takes at most " + bytesMax + " bytes; use an upload in parts");
        }
        ByteBuffer bytes = ByteBuffer.wrap(buffer, from, length);
        chunks.add(new ChunkRef(Sha256.hash(bytes), length));
        whole.update(buffer, from, length);
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    long size() {
        return size;
    }

    List<ChunkRef> chunks() {
        return List.copyOf(chunks);
    }

    Sha256 contentHash() {
        return ContentHash.of(chunks);
    }

    /** SHA-256 of the bytes themselves; to be asked for once. */
    byte[] digest() {
        return whole.digest();
    }

    /** The bytes of a chunk again. */
    ByteBuffer read(long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (file.read(bytes, offset + bytes.position()) < 0) {
                throw new IOException("a spooled body became shorter");
            }
        }
        return bytes.flip();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
