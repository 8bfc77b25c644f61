package dev.holdfast.gateway.workers;

import dev.holdfast.blockgc.AdaptivePacer;
import dev.holdfast.blockgc.GcRefusedException;
import dev.holdfast.blockgc.GcWorker;
import dev.holdfast.blockgc.Pacer;
import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What this process's collection has done, for {@code /metrics}. */
final class CollectionMetrics extends Collector {
    private final GcWorker worker;
    private final AdaptivePacer pacer;

    CollectionMetrics(GcWorker worker, AdaptivePacer pacer) {
        this.worker = worker;
        this.pacer = pacer;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Map<String, Long> totals = worker.totals();
        List<MetricFamilySamples> families = new ArrayList<>();
        families.add(
                counter(
                        "gc_resurrections_total",
                        "Chunks that were referenced again before they were dropped.",
                        totals.getOrDefault("resurrections", 0L)));
        families.add(
                counter(
                        "gc_reclaimed_bytes_total",
                        "Bytes of deleted packs.",
                        totals.getOrDefault("bytes_deleted", 0L)));
        families.add(
                counter(
                        "gc_rewritten_bytes_total",
                        "Bytes that compaction copied.",
                        totals.getOrDefault("bytes_rewritten", 0L)));
        families.add(
                counter(
                        "gc_inspector_violations_total",
                        "Packs that were about to be deleted although a chunk lies in them.",
                        refused(totals, GcRefusedException.Reason.INSPECTION)));
        families.add(
                counter(
                        "upload_leases_expired_total",
                        "Uploads whose lease ran out.",
                        totals.getOrDefault("uploads_expired", 0L)));
        CounterMetricFamily refusals =
                new CounterMetricFamily(
                        "holdfast_gc_plan_refused_total",
                        "Runs that a guard stopped.",
                        List.of("reason"));
        for (GcRefusedException.Reason reason : GcRefusedException.Reason.values()) {
            refusals.addMetric(
                    List.of(reason.name().toLowerCase(Locale.ROOT)),
                    (double) refused(totals, reason));
        }
        families.add(refusals);
        families.add(
                new GaugeMetricFamily(
                        "holdfast_gc_last_success_timestamp_seconds",
                        "When a run of this process last ended well; 0 before the first.",
                        worker.lastSuccessMillis() / 1_000.0));
        GaugeMetricFamily pace =
                new GaugeMetricFamily(
                        "holdfast_gc_pace_ratio",
                        "Share of the time that the collection takes for itself; less when the"
                                + " store is slow.",
                        List.of("step"));
        for (Pacer.Step step : Pacer.Step.values()) {
            pace.addMetric(List.of(step.name().toLowerCase(Locale.ROOT)), pacer.share(step));
        }
        families.add(pace);
        return families;
    }

    private static long refused(Map<String, Long> totals, GcRefusedException.Reason reason) {
        return totals.getOrDefault("refused_" + reason.name(), 0L);
    }

    private static MetricFamilySamples counter(String name, String help, long value) {
        return new CounterMetricFamily("holdfast_" + name, help, (double) value);
    }
}
