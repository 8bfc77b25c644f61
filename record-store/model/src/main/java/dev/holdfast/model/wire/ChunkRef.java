package dev.holdfast.model.wire;

import dev.holdfast.model.Limits;
import dev.holdfast.model.Sha256;

/**
 * A chunk of a content.
 *
 * @param hash SHA-256 of the plain bytes
 * @param length plain bytes, at least 1
 */
public record ChunkRef(Sha256 hash, int length) {
    public ChunkRef {
        if (length < 1 || length > Limits.CHUNK_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a chunk holds 1 to " + Limits.CHUNK_BYTES_MAX + " bytes");
        }
    }
}
