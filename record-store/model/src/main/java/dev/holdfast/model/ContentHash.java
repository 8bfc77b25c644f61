package dev.holdfast.model;

import dev.holdfast.model.wire.ChunkRef;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;

/**
 * The hash of a file's content: SHA-256 over its ordered list of (32-byte chunk hash, u32
 * big-endian chunk length). Two files with equal bytes have equal content hashes as long as both
 * were cut by the same chunker; an empty file has the hash of the empty list.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class ContentHash {
    private static final int ENTRY_BYTES = Sha256.BYTES + Integer.BYTES;

    private final MessageDigest digest = Sha256.newDigest();
    private final ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES);

    /** The content hash of a whole list. */
    public static Sha256 of(List<ChunkRef> chunks) {
        ContentHash hash = new ContentHash();
        for (ChunkRef chunk : chunks) {
            hash.add(chunk);
        }
        return hash.finish();
    }

    public void add(ChunkRef chunk) {
        add(chunk.hash(), chunk.length());
    }

    public void add(Sha256 hash, int length) {
        entry.clear();
        hash.write(entry);
        entry.putInt(length);
        digest.update(entry.array());
    }

    /** The hash of what was added since the last call, or since this object was made. */
    public Sha256 finish() {
        return Sha256.of(digest.digest());
    }
}
