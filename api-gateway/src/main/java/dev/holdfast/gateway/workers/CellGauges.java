package dev.holdfast.gateway.workers;

import dev.holdfast.metadata.AccountView;
import dev.holdfast.metadata.Accounts;
import dev.holdfast.metadata.Census;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.GarbageCandidate;
import dev.holdfast.metadata.GarbageRows;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.PackId;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.GaugeMetricFamily;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the gauges of a cell from its counters; what is alive is not scanned. */
final class CellGauges {
    private static final int PAGE = 500;
    private static final int CANDIDATES_MAX = 10_000;

    private final CollectionStore rows;
    private final Accounts accounts;
    private final InstantSource clock;

    CellGauges(CollectionStore rows, Accounts accounts, InstantSource clock) {
        this.rows = rows;
        this.accounts = accounts;
        this.clock = clock;
    }

    List<MetricFamilySamples> read() {
        List<MetricFamilySamples> families = new ArrayList<>();
        Census census = rows.packs().census();
        space(census, families);
        queues(census, families);
        jobs(families);
        return List.copyOf(families);
    }

    private void space(Census census, List<MetricFamilySamples> families) {
        GaugeMetricFamily packs = gauge("packs", "Packs per state.", "state");
        for (PackStage stage : PackStage.values()) {
            packs.addMetric(
                    List.of(stage.name().toLowerCase(Locale.ROOT)),
                    (double) census.packs().getOrDefault(stage, 0L));
        }
        families.add(packs);
        long sealed = census.packBytes().getOrDefault(PackStage.SEALED, 0L);
        List<Double> sparse = new ArrayList<>();
        long dead = 0;
        for (PackView pack : candidates()) {
            if (pack.stage() == PackStage.SEALED) {
                dead += pack.deadBytes();
                sparse.add(pack.fill());
            }
        }
        GaugeMetricFamily bytes =
                gauge("pack_bytes", "Bytes of packs that are not being written.", "kind");
        bytes.addMetric(List.of("live"), (double) Math.max(0, sealed - dead));
        bytes.addMetric(List.of("dead"), (double) dead);
        bytes.addMetric(
                List.of("trash"), (double) census.packBytes().getOrDefault(PackStage.TRASHED, 0L));
        families.add(bytes);
        families.add(
                new GaugeMetricFamily(
                        "holdfast_pack_fill_ratio",
                        "Median of what chunks need of a sealed pack; 1 for packs that are dense.",
                        median(sparse, census.packs().getOrDefault(PackStage.SEALED, 0L))));
        families.add(
                new GaugeMetricFamily(
                        "holdfast_stored_bytes",
                        "Bytes of packs that are sealed or in the trash, one copy.",
                        (double) census.storedBytes()));
        families.add(
                new GaugeMetricFamily(
                        "holdfast_logical_bytes",
                        "Bytes of files, versions, trash and uploads as accounts see them.",
                        (double) accounts.list().stream().mapToLong(AccountView::usedBytes).sum()));
    }

    private List<PackView> candidates() {
        List<PackView> all = new ArrayList<>();
        @Nullable PackId last = null;
        List<PackView> page;
        do {
            page = rows.packs().candidates(last, PAGE);
            all.addAll(page);
            last = page.isEmpty() ? null : page.getLast().pack();
        } while (page.size() == PAGE && all.size() < CANDIDATES_MAX);
        return all;
    }

    /** Packs that are no candidates are dense. */
    private static double median(List<Double> sparse, long sealed) {
        sparse.sort(null);
        int middle = (int) (sealed / 2);
        return middle < sparse.size() ? sparse.get(middle) : 1;
    }

    private void queues(Census census, List<MetricFamilySamples> families) {
        families.add(
                new GaugeMetricFamily(
                        "holdfast_gc_candidates",
                        "Chunks that may have lost their last reference.",
                        (double)
                                census.candidates()
                                        .getOrDefault(GarbageRows.Stage.UNREFERENCED, 0L)));
        families.add(
                new GaugeMetricFamily(
                        "holdfast_gc_condemned_chunks",
                        "Chunks without a reference, in their grace.",
                        (double) census.candidates().getOrDefault(GarbageRows.Stage.IN_GRACE, 0L)));
        long now = clock.millis();
        long oldest = now;
        for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
            for (GarbageRows.Stage stage : GarbageRows.Stage.values()) {
                for (GarbageCandidate first :
                        rows.garbage().candidates(stage, shard, now, null, 1)) {
                    oldest = Math.min(oldest, first.sinceMillis());
                }
            }
        }
        families.add(
                new GaugeMetricFamily(
                        "holdfast_gc_oldest_candidate_age_seconds",
                        "Age of the oldest chunk that waits for its condemnation or its end.",
                        (now - oldest) / 1_000.0));
    }

    private void jobs(List<MetricFamilySamples> families) {
        Map<List<String>, Long> states =
                new TreeMap<>(java.util.Comparator.comparing(List::toString));
        Map<String, Long> heartbeats = new TreeMap<>();
        for (JobView job : rows.jobs().list(null, BackgroundJobs.KEPT_MAX)) {
            String state = job.state().name().toLowerCase(Locale.ROOT);
            states.merge(List.of(job.kind(), state), 1L, Long::sum);
            if (job.state() == BackgroundJobs.State.RUNNING) {
                heartbeats.merge(job.kind(), job.heartbeatAtMillis(), Math::min);
            }
        }
        GaugeMetricFamily jobs =
                new GaugeMetricFamily(
                        "holdfast_job_state",
                        "Jobs that are remembered.",
                        List.of("kind", "state"));
        states.forEach((labels, count) -> jobs.addMetric(labels, (double) count));
        families.add(jobs);
        GaugeMetricFamily beats =
                gauge(
                        "job_heartbeat_timestamp_seconds",
                        "When the running job that was heard of longest ago last showed life.",
                        "kind");
        heartbeats.forEach((kind, at) -> beats.addMetric(List.of(kind), at / 1_000.0));
        families.add(beats);
        Map<String, Long> held = new TreeMap<>();
        for (WorkLeases.Held lease : rows.leases().held()) {
            if (lease.expiresAtMillis() > clock.millis()) {
                held.merge(kind(lease.work()), 1L, Long::sum);
            }
        }
        GaugeMetricFamily leases = gauge("leases_held", "Pieces of work that are held.", "kind");
        held.forEach((kind, count) -> leases.addMetric(List.of(kind), (double) count));
        families.add(leases);
    }

    /** Work is named {@code kind/which}; only the kind becomes a label. */
    private static String kind(String work) {
        int end = work.indexOf('/');
        return end < 0 ? work : work.substring(0, end);
    }

    private static GaugeMetricFamily gauge(String name, String help, String label) {
        return new GaugeMetricFamily("holdfast_" + name, help, List.of(label));
    }
}
