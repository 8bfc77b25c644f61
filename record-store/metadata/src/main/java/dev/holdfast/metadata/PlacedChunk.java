package dev.holdfast.metadata;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;

/** A record that is durable in a pack and now wants its rows (T2); see {@link ChunkLocation}. */
public record PlacedChunk(
        ContentId content,
        Sha256 hash,
        long offset,
        int plainLength,
        int storedLength,
        int codec) {}
