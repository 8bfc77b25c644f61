package dev.holdfast.blockgc;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.wire.WireJson;

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

    /** As it is kept with the job. */
    public String json() {
        try {
            return WireJson.mapper().writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a request cannot be written as JSON", e);
        }
    }

    /**
     * What {@link #json} wrote.
     *
     * @throws IllegalArgumentException when it did not
     */
    public static GcRequest parse(String json) {
        try {
            return WireJson.mapper().readValue(json, GcRequest.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("this is no request of a collection: " + json, e);
        }
    }

    String text() {
        return "gc run --delete"
                + (now ? " --now" : "")
                + (purgeTrash ? " --purge-trash" : "")
                + (bytesMax < Long.MAX_VALUE ? " --max-bytes " + bytesMax : "")
                + (force ? " --force" : "");
    }
}
