package dev.holdfast.metadata;

import dev.holdfast.model.Sha256;

/**
 * A chunk the caller may have, and where it lies now.
 *
 * @param length plain bytes
 */
public record ChunkToRead(Sha256 hash, int length, ChunkLocation location) {}
