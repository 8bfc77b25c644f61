package dev.holdfast.chunkstore;

import dev.holdfast.model.Sha256;

/** A chunk as a pack stores it, with its digest checked: what repair copies from place to place. */
public final class StoredRecord {
    private final Sha256 hash;
    private final int codec;
    private final int plainLength;
    private final byte[] payload;

    StoredRecord(Sha256 hash, int codec, int plainLength, byte[] payload) {
        this.hash = hash;
        this.codec = codec;
        this.plainLength = plainLength;
        this.payload = payload;
    }

    public Sha256 hash() {
        return hash;
    }

    /** 0 plain, 1 zstd. */
    public int codec() {
        return codec;
    }

    /** Bytes of the chunk. */
    public int plainLength() {
        return plainLength;
    }

    /** Bytes in the pack, without the record's header. */
    public int storedLength() {
        return payload.length;
    }

    byte[] payload() {
        return payload;
    }
}
