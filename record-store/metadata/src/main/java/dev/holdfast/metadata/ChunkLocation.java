package dev.holdfast.metadata;

import dev.holdfast.model.PackId;

/**
 * Where a chunk's record lies.
 *
 * @param offset of the record's first byte (its header) in the pack
 * @param plainLength bytes of the chunk
 * @param storedLength bytes of the payload in the pack, after the codec
 * @param codec 0 plain, 1 zstd
 * @param generation changes with every move of the chunk
 */
public record ChunkLocation(
        PackId pack, long offset, int plainLength, int storedLength, int codec, long generation) {}
