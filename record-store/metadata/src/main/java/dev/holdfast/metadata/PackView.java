package dev.holdfast.metadata;

import dev.holdfast.model.PackId;

/**
 * A pack as the collection sees it.
 *
 * @param length bytes of its records, with their headers; 0 while it is open
 * @param sinceMillis when it reached its stage
 * @param liveChunks chunks with a row in it, condemned ones included
 * @param liveBytes of the payloads of these
 */
public record PackView(
        PackId pack,
        PackStage stage,
        long length,
        long sinceMillis,
        long liveChunks,
        long liveBytes) {
    /** What a record takes beyond its payload. */
    static final long RECORD_OVERHEAD_BYTES = 64;

    /** What a pack takes beyond its records. */
    static final long PACK_OVERHEAD_BYTES = 64;

    /** Bytes that no chunk's record needs; padding between records counts as dead. */
    public long deadBytes() {
        return Math.max(0, length - neededBytes());
    }

    /** Bytes of the records of its chunks, and of the pack's own. */
    long neededBytes() {
        return liveBytes + RECORD_OVERHEAD_BYTES * liveChunks + PACK_OVERHEAD_BYTES;
    }

    /** Of the length, what chunks need: 0 to 1. */
    public double fill() {
        return length == 0 ? 0 : 1 - (double) deadBytes() / length;
    }
}
