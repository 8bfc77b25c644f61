package dev.holdfast.blockgc;

/**
 * What a run is asked to do.
 *
 * @param now graces count as over; the guards, and the life of signed URLs, do not
 * @param purgeTrash trash and old versions count as expired
 * @param bytesMax chunk bytes dropped and file bytes deleted at most, each; then the run ends well
 * @param force the guard on how much goes at once is off; recorded with the run
 */
public record GcRequest(boolean now, boolean purgeTrash, long bytesMax, boolean force) {
    public GcRequest {
        if (bytesMax < 1) {
            throw new IllegalArgumentException("bytesMax is positive");
        }
    }

    /** What a worker does by itself. */
    public static GcRequest routine() {
        return new GcRequest(false, false, Long.MAX_VALUE, false);
    }

    String text() {
        return "gc run --delete"
                + (now ? " --now" : "")
                + (purgeTrash ? " --purge-trash" : "")
                + (bytesMax < Long.MAX_VALUE ? " --max-bytes " + bytesMax : "")
                + (force ? " --force" : "");
    }
}
