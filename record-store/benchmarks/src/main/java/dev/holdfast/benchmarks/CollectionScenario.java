package dev.holdfast.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * A whole collection on a server that goes on serving: how fast garbage goes, what compaction
 * writes for it, what others feel meanwhile, and the memory it takes. And what it costs for each
 * garbage chunk when a hundred times as much is alive.
 *
 * <p>{@code -Dholdfast.bench.files} says how many files are stored (4000), {@code
 * -Dholdfast.bench.garbage} how many garbage chunks a counted run collects (4000), {@code
 * -Dholdfast.bench.live} how many live chunks there are at most (a million).
 */
public final class CollectionScenario implements Scenario {
    private static final int FILES = Integer.getInteger("holdfast.bench.files", 4_000);
    private static final int FILE_BYTES = 64 << 10;
    private static final int FOLDERS = 50;
    private static final int KEPT_OF = 4;
    private static final Duration QUIET = Duration.ofSeconds(15);
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration RUN_LIMIT = Duration.ofMinutes(10);

    @Override
    public String name() {
        return "collection";
    }

    @Override
    public String description() {
        return "garbage collected while others read and store; its cost by what is alive";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        try (SyncWorkload workload = new SyncWorkload(scratch, "--gc-readers-wait", "1s")) {
            plant(workload);
            ServerProcess server = workload.server();
            Installation operator = Installation.current(scratch.resolve("operator"));
            try (Foreground foreground = new Foreground(server)) {
                foreground.start();
                pass(WARM_UP);
                long from = System.currentTimeMillis();
                pass(QUIET);
                long order = System.currentTimeMillis();
                List<String> lines = collect(operator, server);
                long end = put(figures, lines);
                put(
                        figures,
                        "reads of 64 KiB",
                        foreground.reads(from, order),
                        foreground.reads(order, end));
                put(
                        figures,
                        "stores of 64 KiB",
                        foreground.stores(from, order),
                        foreground.stores(order, end));
            }
            figures.put(
                    "server memory peak",
                    SyncWorkload.mebibytes(server.process().peakResidentBytes().orElse(0L)));
        }
        CollectionCost.measure(scratch, figures);
        return figures;
    }

    private static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    /** Stores files and deletes three of four. */
    private static void plant(SyncWorkload workload) throws IOException {
        Random random = new Random(7);
        Path folder = workload.a().folder();
        for (int file = 0; file < FILES; file++) {
            Path in = Files.createDirectories(folder.resolve("d" + file % FOLDERS));
            byte[] bytes = new byte[FILE_BYTES];
            random.nextBytes(bytes);
            Files.write(in.resolve("f" + file), bytes);
        }
        workload.a().runOnce();
        for (int file = 0; file < FILES; file++) {
            if (file % KEPT_OF != 0) {
                Files.delete(folder.resolve("d" + file % FOLDERS + "/f" + file));
            }
        }
        workload.a().runOnce("--max-delete", "off");
    }

    private static List<String> collect(Installation operator, ServerProcess server) {
        try (RunningProcess run =
                operator.start(
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
            if (run.awaitExit(RUN_LIMIT) != 0) {
                throw new IllegalStateException("the collection failed: " + run.describe());
            }
            return run.out();
        }
    }

    private static void put(
            Map<String, String> figures,
            String what,
            Foreground.Latency quiet,
            Foreground.Latency collecting) {
        figures.put(what + ", quiet", quiet.text());
        figures.put(what + ", collecting", collecting.text());
        figures.put(
                what + ", p99 collecting / quiet",
                SyncWorkload.ratio(collecting.p99Millis() / quiet.p99Millis()));
    }

    /**
     * Of a whole run. The trashing of the last pack ends its work; after it it waits for readers.
     *
     * @return when that was
     */
    private static long put(Map<String, String> figures, List<String> lines) throws IOException {
        JsonNode job = WireJson.mapper().readTree(lines.getLast());
        long start = job.path("started_at_millis").asLong();
        long last = start + 1;
        for (String line : lines) {
            JsonNode finding = WireJson.mapper().readTree(line);
            if (finding.path("did").asText().equals("trashed")) {
                last = Math.max(last, finding.path("at_millis").asLong());
            }
        }
        double seconds = (last - start) / 1_000.0;
        JsonNode counts = job.path("counts");
        long chunks = counts.path("chunks_dropped").asLong();
        long garbage = counts.path("bytes_dropped").asLong();
        long freed = counts.path("bytes_deleted").asLong();
        long rewritten = counts.path("bytes_rewritten").asLong();
        figures.put("garbage chunks", Long.toString(chunks));
        figures.put("bytes of deleted packs", SyncWorkload.mebibytes(freed));
        figures.put("from the order to the last pack in the trash", SyncWorkload.seconds(seconds));
        figures.put("garbage chunks a second", Long.toString((long) (chunks / seconds)));
        figures.put("garbage bytes", SyncWorkload.rate(garbage, seconds));
        figures.put(
                "write amplification: bytes rewritten / garbage bytes",
                SyncWorkload.ratio((double) rewritten / Math.max(1, garbage)));
        return last;
    }
}
