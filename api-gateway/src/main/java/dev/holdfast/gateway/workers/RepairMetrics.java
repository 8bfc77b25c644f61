package dev.holdfast.gateway.workers;

import dev.holdfast.repair.RepairWorker;
import dev.holdfast.repair.ScrubMeter;
import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.SummaryMetricFamily;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What scrub and repair do, for {@code /metrics}. Counters are of this process; gauges are of the
 * whole cell, and the same from every process.
 */
final class RepairMetrics extends Collector {
    private static final Logger LOG = LoggerFactory.getLogger(RepairMetrics.class);

    private final RepairWorker worker;

    RepairMetrics(RepairWorker worker) {
        this.worker = worker;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        ScrubMeter meter = worker.meter();
        List<MetricFamilySamples> families = new ArrayList<>();
        families.add(
                new CounterMetricFamily(
                        "holdfast_scrub_scanned_bytes_total",
                        "Bytes of replicas read and checked.",
                        (double) meter.scannedBytes()));
        CounterMetricFamily attempts =
                new CounterMetricFamily(
                        "holdfast_repair_attempts_total",
                        "What a step of the diagnosis explained, and what came of it.",
                        List.of("step", "outcome"));
        meter.attempts()
                .forEach((attempt, count) ->
                        attempts.addMetric(
                                List.of(attempt.step(), attempt.outcome()), (double) count));
        families.add(attempts);
        families.add(
                new SummaryMetricFamily(
                        "holdfast_repair_duration_seconds",
                        "From the first bad read of a pack to the last thing done about it.",
                        meter.repairs(),
                        meter.repairSeconds()));
        try {
            gauges(families);
        } catch (RuntimeException e) {
            // The counters are worth showing while the metadata does not answer.
            LOG.debug("the scrub's state cannot be read now", e);
        }
        return families;
    }

    private void gauges(List<MetricFamilySamples> families) {
        RepairWorker.Status status = worker.status();
        families.add(
                gauge(
                        "scrub_cycle_progress_ratio",
                        "Of the present cycle, by bytes.",
                        status.cycleProgress()));
        families.add(
                gauge(
                        "scrub_cycle_eta_seconds",
                        "Until the present cycle ends, at the rate it went so far.",
                        status.etaMillis() / 1e3));
        families.add(
                gauge(
                        "scrub_cycle_duration_seconds",
                        "How long the cycle before took; 0 before the first is complete.",
                        status.cycleMillis() / 1e3));
        families.add(
                gauge(
                        "scrub_oldest_unverified_age_seconds",
                        "Since the least recently verified pack was verified.",
                        status.oldestAgeMillis() / 1e3));
        GaugeMetricFamily queue =
                new GaugeMetricFamily(
                        "holdfast_repair_queue",
                        "Packs left with something unrepaired.",
                        List.of("cause"));
        status.trouble().forEach((cause, packs) -> queue.addMetric(List.of(cause), packs));
        families.add(queue);
        families.add(
                gauge(
                        "chunks_lost",
                        "Chunks of which no good copy was found; at most 10000 are counted.",
                        (double) status.lostChunks()));
    }

    private static GaugeMetricFamily gauge(String name, String help, double value) {
        return new GaugeMetricFamily("holdfast_" + name, help, value);
    }
}
