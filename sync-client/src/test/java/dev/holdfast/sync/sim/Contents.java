package dev.holdfast.sync.sim;

import dev.holdfast.model.ContentHash;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.chunking.FastCdc;
import dev.holdfast.model.wire.ChunkRef;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Content hashes of whole files, computed apart from the client's own code. */
final class Contents {
    private Contents() {}

    static Sha256 hash(byte[] bytes) {
        List<ChunkRef> chunks = new ArrayList<>();
        int from = 0;
        while (from < bytes.length) {
            int length = FastCdc.cut(bytes, from, bytes.length);
            chunks.add(new ChunkRef(Sha256.hash(ByteBuffer.wrap(bytes, from, length)), length));
            from += length;
        }
        return ContentHash.of(chunks);
    }
}
