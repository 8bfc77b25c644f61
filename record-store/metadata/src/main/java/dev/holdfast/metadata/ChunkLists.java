package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkRef;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Chunk lists as rows hold them: per chunk 32 bytes of hash and 4 of length, big-endian. */
final class ChunkLists {
    static final int ENTRY_BYTES = Sha256.BYTES + Integer.BYTES;

    /** Lists up to this length stand in the Owner row. */
    static final int INLINE_MAX = 64;

    private ChunkLists() {}

    static ByteString pack(List<ChunkRef> chunks) {
        ByteBuffer buffer = ByteBuffer.allocate(chunks.size() * ENTRY_BYTES);
        for (ChunkRef chunk : chunks) {
            chunk.hash().write(buffer);
            buffer.putInt(chunk.length());
        }
        return UnsafeByteOperations.unsafeWrap(buffer.array());
    }

    static int size(ByteString packed) {
        return packed.size() / ENTRY_BYTES;
    }

    static ChunkRef get(ByteString packed, int index) {
        return read(packed.asReadOnlyByteBuffer().position(index * ENTRY_BYTES));
    }

    static List<ChunkRef> unpack(ByteString packed) {
        ByteBuffer buffer = packed.asReadOnlyByteBuffer();
        List<ChunkRef> chunks = new ArrayList<>(size(packed));
        while (buffer.hasRemaining()) {
            chunks.add(read(buffer));
        }
        return chunks;
    }

    /** The length the list gives the chunk; 0 when it does not name it. */
    static int lengthOf(ByteString packed, Sha256 hash) {
        ByteBuffer buffer = packed.asReadOnlyByteBuffer();
        while (buffer.hasRemaining()) {
            Sha256 named = Sha256.read(buffer);
            int length = buffer.getInt();
            if (named.equals(hash)) {
                return length;
            }
        }
        return 0;
    }

    private static ChunkRef read(ByteBuffer buffer) {
        return new ChunkRef(Sha256.read(buffer), buffer.getInt());
    }
}
