package dev.holdfast.metadata.jobs;

import dev.holdfast.model.Id128;
import org.jspecify.annotations.Nullable;

/**
 * A job as it stands.
 *
 * @param kind who runs it: {@code gc}, {@code fsck}, {@code scrub} and others
 * @param request what was asked, a JSON object
 * @param holder the worker that has it or had it last; empty before the first
 * @param startedAtMillis when it was taken first; times are 0 before they happen
 * @param leaseUntilMillis when another worker may take it over
 * @param problem why it stopped, where it failed
 * @param result what came out, a JSON object
 * @param findings how many there were, those beyond the limit included
 */
public record JobView(
        Id128 id,
        String kind,
        String request,
        BackgroundJobs.State state,
        BackgroundJobs.Wish wish,
        String holder,
        long createdAtMillis,
        long startedAtMillis,
        long heartbeatAtMillis,
        long endedAtMillis,
        long leaseUntilMillis,
        JobProgress progress,
        long findings,
        @Nullable String problem,
        @Nullable String result) {}
