package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Sha256;

/** A chunk to read: what it is, and where its row says it lies. */
public record StoredChunk(Sha256 hash, ChunkLocation location) {}
