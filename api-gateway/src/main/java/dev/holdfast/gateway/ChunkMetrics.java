package dev.holdfast.gateway;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreStats;
import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.SummaryMetricFamily;
import java.util.List;

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
                new SummaryMetricFamily(
                        "holdfast_pack_group_size",
                        "Chunks of one group: one sync, one commit.",
                        (double) stats.groups(),
                        (double) stats.recordsWritten()),
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
}
