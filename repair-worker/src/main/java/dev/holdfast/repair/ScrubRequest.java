package dev.holdfast.repair;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.wire.WireJson;
import org.jspecify.annotations.Nullable;

/**
 * What a scrub is asked to do, as its job keeps it.
 *
 * @param allReplicas every replica of every pack is read, not one
 * @param apply what is found is mended; otherwise it is only said
 * @param bytesPerSecond at most; null for as fast as the machines and the users on them allow
 * @param routine a worker began it by itself: the error budgets hold
 */
public record ScrubRequest(
        boolean allReplicas, boolean apply, @Nullable Long bytesPerSecond, boolean routine) {
    public ScrubRequest {
        if (bytesPerSecond != null && bytesPerSecond < 1) {
            throw new IllegalArgumentException("bytes_per_second is positive");
        }
    }

    public String json() {
        try {
            return WireJson.mapper().writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a request cannot be written as JSON", e);
        }
    }

    /** Reads what {@link #json} wrote. */
    public static ScrubRequest parse(String json) {
        try {
            return WireJson.mapper().readValue(json, ScrubRequest.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("this is no request of a scrub: " + json, e);
        }
    }
}
