package dev.holdfast.chunkstore;

import dev.holdfast.model.Sha256;
import java.util.Arrays;

/** A chunk as a pack stores it, with its digest checked: what repair copies from place to place. */
public final class StoredRecord {
    private final Sha256 hash;
    private final int codec;
    private final int plainLength;
    private final byte[] bytes;
    private final int from;
    private final int storedLength;

    StoredRecord(Sha256 hash, int codec, int plainLength, byte[] payload) {
        this(hash, codec, plainLength, payload, 0, payload.length);
    }

    /** The payload is a part of the bytes, which are not copied: nobody may change them. */
    StoredRecord(
            Sha256 hash, int codec, int plainLength, byte[] bytes, int from, int storedLength) {
        this.hash = hash;
        this.codec = codec;
        this.plainLength = plainLength;
        this.bytes = bytes;
        this.from = from;
        this.storedLength = storedLength;
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
        return storedLength;
    }

    byte[] payload() {
        return Arrays.copyOfRange(bytes, from, from + storedLength);
    }
}
