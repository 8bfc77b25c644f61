package dev.holdfast.gateway.http.routes;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.CounterMetricFamily;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the routes of devices count. */
public final class SyncMetrics {
    private final Counter conflicts;
    private final Counter deduplicated;
    private final Visibility visibility;

    public SyncMetrics(CollectorRegistry registry) {
        conflicts =
                Counter.build(
                                "holdfast_conflicts_total",
                                "Operations that met somebody else's change: made a conflict copy,"
                                        + " or were refused because of the content, the name or"
                                        + " changes below a folder.")
                        .labelNames("kind")
                        .register(registry);
        deduplicated =
                Counter.build(
                                "holdfast_chunk_dedupe_total",
                                "Chunks of declared contents: hit (stored already) or miss (to be"
                                        + " sent).")
                        .labelNames("result")
                        .register(registry);
        visibility = new Visibility(registry);
    }

    Visibility visibility() {
        return visibility;
    }

    /** What the metadata counts itself: only it knows what an earlier request executed. */
    public Collector replays(LongSupplier count) {
        return new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                return List.of(
                        new CounterMetricFamily(
                                "holdfast_op_replays_total",
                                "Operations that an earlier request had executed: their stored"
                                        + " results were answered.",
                                (double) count.getAsLong()));
            }
        };
    }

    void executed(OpResults results) {
        for (OpResult result : results.results()) {
            String kind = kind(result);
            if (kind != null) {
                conflicts.labels(kind).inc();
            }
        }
    }

    private static @Nullable String kind(OpResult result) {
        if (result.done()) {
            return result.node() != null && result.node().conflictOf() != null ? "copy" : null;
        }
        ProblemCode code = result.code();
        if (code == ProblemCode.CONFLICT) {
            return "content";
        }
        if (code == ProblemCode.NAME_TAKEN) {
            return "name";
        }
        return code == ProblemCode.UNSEEN_CHANGES ? "unseen" : null;
    }

    void declared(Declaration declaration, DeclarationResult result) {
        long named = declaration.contents().stream().mapToLong(SyncMetrics::chunks).sum();
        long missing = result.contents().stream().mapToLong(part -> part.missing().size()).sum();
        deduplicated.labels("miss").inc((double) missing);
        deduplicated.labels("hit").inc((double) Math.max(0, named - missing));
    }

    private static long chunks(ContentPart part) {
        return part.chunks().size();
    }
}
