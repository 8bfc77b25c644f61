package dev.holdfast.metadata;

import java.util.Map;

/**
 * How much there is, from counters alone.
 *
 * @param packs packs per stage
 * @param packBytes bytes of the records of packs per stage; open packs count as 0
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
        return packBytes.getOrDefault(PackStage.SEALED, 0L)
                + packBytes.getOrDefault(PackStage.TRASHED, 0L);
    }
}
