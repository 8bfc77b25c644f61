package dev.holdfast.metadata;

import dev.holdfast.model.Sha256;

/** A chunk's row. */
public record ChunkRow(Sha256 hash, Condition condition, ChunkLocation location) {
    /** What the row says about the chunk. */
    public enum Condition {
        LIVE,
        /** Nothing references it; it can still be used again until it is dropped. */
        CONDEMNED,
        /** No good copy was found; an upload brings it back. */
        LOST
    }
}
