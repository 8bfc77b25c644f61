package dev.holdfast.gateway.cli;

import dev.holdfast.embeddedfdb.engine.Statistics;
import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.SummaryMetricFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the embedded engine counts, for {@code /metrics}. */
final class EmbeddedMetrics extends Collector {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Statistics statistics;
    private final Path data;

    EmbeddedMetrics(Statistics statistics, Path data) {
        this.statistics = statistics;
        this.data = data;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        return List.of(
                counter(
                        "embedded_commits_total",
                        "Durable commits.",
                        (double) statistics.commits()),
                counter(
                        "embedded_conflicts_total",
                        "Refused commits.",
                        (double) statistics.conflicts()),
                syncs(),
                new GaugeMetricFamily(
                        "holdfast_embedded_window_bytes",
                        "Memory of the conflict window.",
                        (double) statistics.windowBytes()),
                new GaugeMetricFamily(
                        "holdfast_embedded_disk_free_bytes",
                        "What is free on the disk of the data directory.",
                        free()));
    }

    private SummaryMetricFamily syncs() {
        return new SummaryMetricFamily(
                "holdfast_embedded_sync_duration_seconds",
                "Writing and syncing a group of commits.",
                (double) statistics.groups(),
                statistics.syncNanos() / NANOS_PER_SECOND);
    }

    private double free() {
        try {
            return (double) Files.getFileStore(data).getUsableSpace();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private static CounterMetricFamily counter(String name, String help, double value) {
        return new CounterMetricFamily("holdfast_" + name, help, value);
    }
}
