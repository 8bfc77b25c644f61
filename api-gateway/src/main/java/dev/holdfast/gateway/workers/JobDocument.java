package dev.holdfast.gateway.workers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobProgress;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Id128;
import dev.holdfast.model.wire.WireJson;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job on the wire. Times are milliseconds since 1970 and absent before they happen.
 *
 * @param state {@code queued}, {@code running}, {@code paused}, {@code done}, {@code failed} or
 *     {@code cancelled}
 * @param wish what was asked of a running job and not done yet: {@code pause} or {@code cancel}
 * @param request what was asked, as its kind has it
 * @param holder the worker that has it or had it last
 * @param stale true when its worker has not been heard of for a lease: another one takes it over
 * @param phase or cursor, where it is
 * @param itemsTotal what there is to do in this phase, where it has phases; absent where nobody
 *     knows
 * @param etaMillis until the end of this phase, by its worker's pace so far; absent where it cannot
 *     be told
 */
public record JobDocument(
        Id128 job,
        String kind,
        String state,
        @Nullable String wish,
        @Nullable JsonNode request,
        @Nullable String holder,
        boolean stale,
        long createdAtMillis,
        @Nullable Long startedAtMillis,
        @Nullable Long heartbeatAtMillis,
        @Nullable Long endedAtMillis,
        @Nullable String phase,
        Map<String, Long> counts,
        long itemsDone,
        @Nullable Long itemsTotal,
        long bytesDone,
        @Nullable Long bytesTotal,
        @Nullable Long etaMillis,
        long findings,
        @Nullable String problem,
        @Nullable JsonNode result) {
    static JobDocument of(JobView job, long nowMillis) {
        var progress = job.progress();
        boolean running = job.state() == BackgroundJobs.State.RUNNING;
        return new JobDocument(
                job.id(),
                job.kind(),
                job.state().name().toLowerCase(Locale.ROOT),
                running && job.wish() != BackgroundJobs.Wish.GO_ON
                        ? job.wish().name().toLowerCase(Locale.ROOT)
                        : null,
                tree(job.request()),
                job.holder().isEmpty() ? null : job.holder(),
                running && job.leaseUntilMillis() < nowMillis,
                job.createdAtMillis(),
                known(job.startedAtMillis()),
                known(job.heartbeatAtMillis()),
                known(job.endedAtMillis()),
                progress.cursor().isEmpty() ? null : progress.cursor(),
                progress.counts(),
                progress.itemsDone(),
                known(progress.itemsTotal()),
                progress.bytesDone(),
                known(progress.bytesTotal()),
                eta(job, nowMillis),
                job.findings(),
                job.problem(),
                job.result() == null ? null : tree(job.result()));
    }

    private static @Nullable Long known(long value) {
        return value == 0 ? null : value;
    }

    /** As its worker saw it at the heartbeat, less what has passed since; null when unknown. */
    static @Nullable Long eta(JobView job, long nowMillis) {
        long remaining = job.progress().remainingMillis();
        if (job.state() != BackgroundJobs.State.RUNNING || remaining == JobProgress.UNKNOWN) {
            return null;
        }
        return Math.max(0, remaining - Math.max(0, nowMillis - job.heartbeatAtMillis()));
    }

    private static @Nullable JsonNode tree(String json) {
        try {
            return json.isEmpty() ? null : WireJson.mapper().readTree(json);
        } catch (JsonProcessingException e) {
            return WireJson.mapper().getNodeFactory().textNode(json);
        }
    }
}
