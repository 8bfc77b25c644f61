package dev.holdfast.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A whole collection on a server that goes on serving: how fast garbage goes, what compaction
 * writes for it, what a client feels meanwhile, and the memory it takes. Reads per garbage chunk do
 * not depend on what is alive; {@code CostTest} of block-gc counts them.
 */
public final class CollectionScenario implements Scenario {
    private static final int FILES = Integer.getInteger("holdfast.bench.files", 4_000);
    private static final int FILE_BYTES = 64 << 10;
    private static final int KEPT_OF = 4;
    private static final int PROBES = 12;
    private static final Duration RUN_LIMIT = Duration.ofMinutes(30);

    @Override
    public String name() {
        return "collection";
    }

    @Override
    public String description() {
        return "three of four files of 64 KiB deleted, then collected while a device goes on";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        try (SyncWorkload workload = new SyncWorkload(scratch)) {
            Random random = new Random(7);
            Path folder = workload.a().folder();
            for (int file = 0; file < FILES; file++) {
                Files.createDirectories(folder.resolve("d" + file % 50));
                Files.write(folder.resolve("d" + file % 50 + "/f" + file), bytes(random));
            }
            workload.a().runOnce();
            for (int file = 0; file < FILES; file++) {
                if (file % KEPT_OF != 0) {
                    Files.delete(folder.resolve("d" + file % 50 + "/f" + file));
                }
            }
            workload.a().runOnce("--max-delete", "off");
            List<Double> quiet = probe(workload, random, PROBES);
            ServerProcess server = workload.server();
            Installation installation = Installation.current(scratch.resolve("operator"));
            List<Double> busy = new ArrayList<>();
            try (RunningProcess run =
                    installation.start(
                            null,
                            List.of(
                                    "gc",
                                    "run",
                                    "--delete",
                                    "--now",
                                    "--purge-trash",
                                    "--json",
                                    "--url",
                                    server.adminUrl(),
                                    "--data",
                                    server.data().toString()))) {
                while (run.alive() && busy.size() < 10_000) {
                    busy.addAll(probe(workload, random, 1));
                }
                if (run.awaitExit(RUN_LIMIT) != 0) {
                    throw new IllegalStateException("the collection failed: " + run.describe());
                }
                put(figures, run.out());
            }
            figures.put("a device's run, slowest, quiet", SyncWorkload.seconds(slowest(quiet)));
            figures.put("a device's run, slowest, collecting", SyncWorkload.seconds(slowest(busy)));
            figures.put("collecting / quiet", SyncWorkload.ratio(slowest(busy) / slowest(quiet)));
            figures.put(
                    "server memory peak",
                    SyncWorkload.mebibytes(server.process().peakResidentBytes().orElse(0L)));
        }
        return figures;
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[FILE_BYTES];
        random.nextBytes(bytes);
        return bytes;
    }

    private static List<Double> probe(SyncWorkload workload, Random random, int times)
            throws Exception {
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            Files.write(workload.a().folder().resolve("probe"), bytes(random));
            seconds.add(SyncWorkload.runOnce(workload.a()).seconds());
        }
        return seconds;
    }

    private static double slowest(List<Double> seconds) {
        return seconds.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    /** The trashing of the last pack ends the work; after it the run waits for readers. */
    private static void put(Map<String, String> figures, List<String> lines) throws Exception {
        JsonNode job = WireJson.mapper().readTree(lines.getLast());
        long last = job.path("started_at_millis").asLong();
        for (String line : lines) {
            JsonNode finding = WireJson.mapper().readTree(line);
            if (finding.path("did").asText().equals("trashed")) {
                last = Math.max(last, finding.path("at_millis").asLong());
            }
        }
        double seconds = (last - job.path("started_at_millis").asLong()) / 1_000.0;
        JsonNode counts = job.path("counts");
        long chunks = counts.path("chunks_dropped").asLong();
        long freed = counts.path("bytes_deleted").asLong();
        long rewritten = counts.path("bytes_rewritten").asLong();
        figures.put("garbage chunks", Long.toString(chunks));
        figures.put("bytes of deleted packs", SyncWorkload.mebibytes(freed));
        figures.put("from the order to the last pack in the trash", SyncWorkload.seconds(seconds));
        figures.put("garbage chunks a second", Long.toString((long) (chunks / seconds)));
        figures.put(
                "garbage bytes", SyncWorkload.rate(counts.path("bytes_dropped").asLong(), seconds));
        figures.put(
                "bytes rewritten / bytes freed",
                SyncWorkload.ratio((double) rewritten / Math.max(1, freed - rewritten)));
    }
}
