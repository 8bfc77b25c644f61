package dev.holdfast.blockgc;

/**
 * Refuses to free implausibly much at once: a fault upstream that looks like a lot of garbage then
 * stops at a person.
 */
final class BlastRadius {
    private BlastRadius() {}

    /** What may go at once. */
    static long capBytes(CollectorConfig config, long storedBytes) {
        return Math.max((long) (config.freeShareMax() * storedBytes), config.freeBytesMin());
    }

    /**
     * Checks a sum that was fixed before anything of it goes.
     *
     * @throws GcRefusedException when it is too much and nobody forces it
     */
    static void check(
            CollectorConfig config, GcRequest request, long storedBytes, long bytes, String what) {
        long asked = Math.min(bytes, request.bytesMax());
        long cap = capBytes(config, storedBytes);
        if (asked > cap && !request.force()) {
            throw new GcRefusedException(
                    GcRefusedException.Reason.TOO_MUCH,
                    what
                            + " of "
                            + asked
                            + " bytes would go at once, and "
                            + cap
                            + " are plausible: look at `gc plan`, then repeat with --force, or"
                            + " with --max-bytes to go step by step");
        }
    }
}
