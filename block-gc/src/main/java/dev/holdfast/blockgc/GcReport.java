package dev.holdfast.blockgc;

import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.model.Id128;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param job its record; empty for a routine run that found nothing to do
 * @param counts what it did, by name: {@code uploads_expired}, {@code contents_released}, {@code
 *     chunks_condemned}, {@code resurrections}, {@code chunks_dropped}, {@code bytes_dropped},
 *     {@code bytes_rewritten}, {@code chunks_moved}, {@code packs_trashed}, {@code packs_deleted},
 *     {@code bytes_deleted} and more
 * @param problem what stopped it, and what to do; null when nothing did
 * @param refused the guard that stopped it, if one did
 */
public record GcReport(
        Optional<Id128> job,
        BackgroundJobs.State state,
        Map<String, Long> counts,
        @Nullable String problem,
        Optional<GcRefusedException.Reason> refused) {}
