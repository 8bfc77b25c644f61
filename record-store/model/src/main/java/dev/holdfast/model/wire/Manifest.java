package dev.holdfast.model.wire;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a version's chunk list.
 *
 * @param from position of the first chunk of this page
 * @param next position to ask for next; null on the last page
 */
public record Manifest(
        NodeId node,
        long contentRev,
        long size,
        int chunkCount,
        Sha256 contentHash,
        String chunker,
        int from,
        List<ChunkRef> chunks,
        @Nullable Integer next) {
    public Manifest {
        chunks = List.copyOf(chunks);
    }
}
