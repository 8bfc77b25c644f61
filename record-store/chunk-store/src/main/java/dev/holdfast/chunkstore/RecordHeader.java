package dev.holdfast.chunkstore;

import dev.holdfast.model.Sha256;

/**
 * What stands in front of a chunk's bytes in a pack.
 *
 * @param offset of the header's first byte in the pack
 * @param codec {@link ChunkCodec#PLAIN} or {@link ChunkCodec#ZSTD}
 * @param hash of the plain bytes
 * @param payloadCrc CRC32C of the stored bytes
 */
record RecordHeader(
        long offset, int codec, Sha256 hash, int plainLength, int storedLength, int payloadCrc) {
    /** Offset of the payload's first byte. */
    long payloadOffset() {
        return offset + PackFormat.RECORD_HEADER_BYTES;
    }

    /** One past the payload's last byte. */
    long end() {
        return payloadOffset() + storedLength;
    }
}
