package dev.holdfast.model.wire;

import dev.holdfast.model.Limits;
import dev.holdfast.model.NodeId;
import java.util.List;

/** Body of {@code POST /v1/namespaces/{ns}/chunks/read}; frames come back in the same order. */
public record ChunkReadRequest(List<Address> chunks) {
    public ChunkReadRequest {
        chunks = List.copyOf(chunks);
        if (chunks.isEmpty() || chunks.size() > Limits.READ_CHUNKS_MAX) {
            throw new IllegalArgumentException(
                    "a read names 1 to " + Limits.READ_CHUNKS_MAX + " chunks");
        }
    }

    /** A chunk by the version it belongs to, so that access can be decided. */
    public record Address(NodeId node, long contentRev, int index) {}
}
