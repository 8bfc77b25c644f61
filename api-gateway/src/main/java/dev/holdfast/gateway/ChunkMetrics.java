package dev.holdfast.gateway;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreStats;
import dev.holdfast.chunkstore.Distribution;
import dev.holdfast.chunkstore.VerifyFailure;
import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the chunk store counts, for {@code /metrics}. */
final class ChunkMetrics extends Collector {
    private final ChunkStore chunks;

    ChunkMetrics(ChunkStore chunks) {
        this.chunks = chunks;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        ChunkStoreStats stats = chunks.stats();
        CounterMetricFamily bytes =
                new CounterMetricFamily(
                        "holdfast_chunk_bytes_total",
                        "Plain bytes of chunks stored and delivered.",
                        List.of("direction"));
        bytes.addMetric(List.of("in"), (double) stats.plainBytesWritten());
        bytes.addMetric(List.of("out"), (double) stats.bytesRead());
        CounterMetricFamily packs =
                new CounterMetricFamily(
                        "holdfast_pack_events_total", "What became of packs.", List.of("event"));
        packs.addMetric(List.of("begun"), (double) stats.packsBegun());
        packs.addMetric(List.of("sealed"), (double) stats.packsSealed());
        packs.addMetric(List.of("recovered"), (double) stats.packsRecovered());
        return List.of(
                bytes,
                packs,
                counter("chunks_written_total", "Chunks made durable.", stats.recordsWritten()),
                counter("chunks_read_total", "Chunks delivered.", stats.chunksRead()),
                counter(
                        "chunks_refused_total",
                        "Chunks no good copy was found of.",
                        stats.chunksRefused()),
                histogram(
                        "chunk_write_duration_seconds",
                        "From a chunk's arrival to its acknowledgement.",
                        stats.writeSeconds()),
                histogram(
                        "chunk_read_duration_seconds",
                        "Reads of a chunk or of adjacent ones, with their checks.",
                        stats.readSeconds()),
                histogram(
                        "pack_sync_duration_seconds",
                        "Writing and syncing one group.",
                        stats.syncSeconds()),
                histogram(
                        "pack_group_size",
                        "Chunks of one group: one sync, one commit.",
                        stats.groupRecords()),
                verifyFailures(stats),
                counter(
                        "pack_under_replicated_acks_total",
                        "Groups acknowledged on fewer DataNodes than are meant to hold them.",
                        stats.underReplicatedAcks()),
                counter("pack_abandoned_total", "Packs given up.", stats.packsAbandoned()),
                new GaugeMetricFamily(
                        "holdfast_chunk_bytes_in_flight",
                        "Bytes accepted and not durable yet.",
                        (double) stats.bytesInFlight()),
                new GaugeMetricFamily(
                        "holdfast_pack_open_streams",
                        "Streams kept for reading.",
                        (double) stats.openStreams()));
    }

    private static CounterMetricFamily counter(String name, String help, long value) {
        return new CounterMetricFamily("holdfast_" + name, help, (double) value);
    }

    private static CounterMetricFamily verifyFailures(ChunkStoreStats stats) {
        CounterMetricFamily failures =
                new CounterMetricFamily(
                        "holdfast_chunk_verify_failures_total",
                        "How often bytes were not the chunk, by where and why.",
                        List.of("path", "cause"));
        for (VerifyFailure.Path path : VerifyFailure.Path.values()) {
            for (VerifyFailure.Cause cause : VerifyFailure.Cause.values()) {
                // Every pair is there from the start, so that the first failure shows as a rise.
                long count =
                        stats.verifyFailures().getOrDefault(new VerifyFailure(path, cause), 0L);
                failures.addMetric(List.of(label(path), label(cause)), (double) count);
            }
        }
        return failures;
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static MetricFamilySamples histogram(String name, String help, Distribution values) {
        String full = "holdfast_" + name;
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        long below = 0;
        for (int i = 0; i < values.counts().size(); i++) {
            below += values.counts().get(i);
            double bound =
                    i < values.bounds().size() ? values.bounds().get(i) : Double.POSITIVE_INFINITY;
            samples.add(
                    new MetricFamilySamples.Sample(
                            full + "_bucket",
                            List.of("le"),
                            List.of(doubleToGoString(bound)),
                            (double) below));
        }
        samples.add(
                new MetricFamilySamples.Sample(
                        full + "_count", List.of(), List.of(), (double) below));
        samples.add(
                new MetricFamilySamples.Sample(full + "_sum", List.of(), List.of(), values.sum()));
        return new MetricFamilySamples(full, Type.HISTOGRAM, help, samples);
    }
}
