package dev.holdfast.sync.engine;

import dev.holdfast.model.ContentHash;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.chunking.FastCdc;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.disk.DiskEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** Reads a file, cuts it into chunks and hashes it. Holds two buffers of it at most. */
final class FileHasher {
    /** Timestamps of common filesystems move on in steps of up to 10 ms. */
    private static final long GRANULARITY_NANOS = 25_000_000;

    private static final int BUFFER_BYTES = 2 * FastCdc.MAX_BYTES;
    private static final long NANOS_A_MILLI = 1_000_000;

    private final Disk disk;
    private final InstantSource clock;

    FileHasher(Disk disk, InstantSource clock) {
        this.disk = disk;
        this.clock = clock;
    }

    /** A file's bytes, all of them, with their digest. */
    record Whole(FileDigest digest, ByteBuffer bytes) {}

    /**
     * Digests a file of any size.
     *
     * @return null when it is no file any more, or changed while it was read: look again later
     */
    @Nullable FileDigest digest(String path) throws IOException {
        DiskEntry before = disk.look(path);
        if (before == null || before.kind() != NodeKind.FILE) {
            return null;
        }
        if (before.print().size() > Limits.FILE_BYTES_MAX) {
            throw new IOException("the file is larger than 1 TiB, the largest that can be synced");
        }
        List<ChunkRef> chunks = new ArrayList<>();
        try (Disk.Reader reader = disk.read(path)) {
            int capacity = (int) Math.min(BUFFER_BYTES, before.print().size() + 1);
            ByteBuffer buffer = ByteBuffer.allocate(capacity);
            ByteBuffer next = buffer.slice(0, 0);
            List<FutureTask<ChunkRef>> hashing = List.of();
            long position = 0;
            boolean more = true;
            while (more || buffer.position() > 0) {
                while (more && buffer.hasRemaining()) {
                    int count = reader.read(position, buffer);
                    more = count >= 0;
                    position += Math.max(0, count);
                }
                if (position > before.print().size()) {
                    return null;
                }
                buffer.flip();
                List<FutureTask<ChunkRef>> cut = cut(buffer, more);
                // The buffer that is filled next is the one whose chunks were hashed meanwhile.
                collect(hashing, chunks);
                hashing = cut;
                if (more && next.capacity() == 0) {
                    next = ByteBuffer.allocate(capacity);
                }
                ByteBuffer rest = buffer;
                buffer = more ? next.clear().put(rest) : next.slice(0, 0);
                next = rest;
            }
            collect(hashing, chunks);
        }
        return finish(path, before, chunks, ContentHash.of(chunks));
    }

    /**
     * Cuts off what chunks there are. Looking for boundaries goes through the bytes one by one;
     * hashing, which costs more, goes on beside it.
     */
    private static List<FutureTask<ChunkRef>> cut(ByteBuffer buffer, boolean more) {
        int enough = more ? FastCdc.MAX_BYTES : 1;
        List<FutureTask<ChunkRef>> chunks = new ArrayList<>();
        while (buffer.remaining() >= enough) {
            int length =
                    FastCdc.cut(
                            buffer.array(),
                            buffer.arrayOffset() + buffer.position(),
                            buffer.arrayOffset() + buffer.limit());
            ByteBuffer bytes = buffer.slice(buffer.position(), length);
            FutureTask<ChunkRef> chunk =
                    new FutureTask<>(() -> new ChunkRef(Sha256.hash(bytes), length));
            Thread.ofVirtual().start(chunk);
            chunks.add(chunk);
            buffer.position(buffer.position() + length);
        }
        return chunks;
    }

    private static void collect(List<FutureTask<ChunkRef>> hashing, List<ChunkRef> chunks)
            throws IOException {
        for (FutureTask<ChunkRef> chunk : hashing) {
            try {
                chunks.add(chunk.get());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            } catch (ExecutionException e) {
                throw new IllegalStateException("a chunk could not be hashed", e);
            }
        }
    }

    /** Digests a file of one chunk at most, and keeps its bytes; null as in {@link #digest}. */
    @Nullable Whole whole(String path) throws IOException {
        DiskEntry before = disk.look(path);
        if (before == null
                || before.kind() != NodeKind.FILE
                || before.print().size() > FastCdc.MIN_BYTES) {
            return null;
        }
        int size = (int) before.print().size();
        ByteBuffer bytes = ByteBuffer.allocate(size + 1);
        try (Disk.Reader reader = disk.read(path)) {
            int count = 0;
            while (count >= 0 && bytes.hasRemaining()) {
                count = reader.read(bytes.position(), bytes);
            }
        }
        bytes.flip();
        List<ChunkRef> chunks =
                bytes.hasRemaining()
                        ? List.of(new ChunkRef(Sha256.hash(bytes), bytes.remaining()))
                        : List.of();
        FileDigest digest = finish(path, before, chunks, ContentHash.of(chunks));
        return digest == null || bytes.remaining() != size ? null : new Whole(digest, bytes);
    }

    private @Nullable FileDigest finish(
            String path, DiskEntry before, List<ChunkRef> chunks, Sha256 contentHash)
            throws IOException {
        DiskEntry after = disk.look(path);
        if (after == null || !after.print().equals(before.print())) {
            return null;
        }
        long age = clock.millis() * NANOS_A_MILLI - after.print().mtime();
        boolean racy = Math.abs(age) < GRANULARITY_NANOS;
        return new FileDigest(after.print(), after.executable(), chunks, contentHash, racy);
    }
}
