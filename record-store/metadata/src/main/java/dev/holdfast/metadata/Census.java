package dev.holdfast.metadata;

import java.util.Map;

/**
 * How much there is, from counters, and of open packs one by one.
 *
 * @param packs packs per stage
 * @param packBytes bytes of the records of packs per stage; of open packs, what their chunks need
 * @param candidates chunks per stage on their way out
 * @param graceBytes payload bytes of the chunks in their grace
 */
public record Census(
        Map<PackStage, Long> packs,
        Map<PackStage, Long> packBytes,
        Map<GarbageRows.Stage, Long> candidates,
        long graceBytes) {
    /** Bytes of all packs whose file is not being deleted. */
    public long storedBytes() {
        return packBytes.getOrDefault(PackStage.OPEN, 0L)
                + packBytes.getOrDefault(PackStage.SEALED, 0L)
                + packBytes.getOrDefault(PackStage.TRASHED, 0L);
    }
}
