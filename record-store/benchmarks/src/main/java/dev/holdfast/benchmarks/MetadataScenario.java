package dev.holdfast.benchmarks;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDB;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Operations of the metadata by concurrency and by the size of the namespace, with the ratio to
 * bare Record Layer saves and to bare commits of the same database in the same run. {@code
 * HOLDFAST_FDB_CLUSTER_FILE} names a FoundationDB to use instead of the engine; {@code
 * -Dholdfast.bench.metadata.nodes=10000,100000,1000000} the sizes.
 */
public final class MetadataScenario implements Scenario {
    private static final int API_VERSION = 710;
    private static final int[] CALLERS = {1, 16, 128};
    private static final int BATCH = 100;

    @Override
    public String name() {
        return "metadata";
    }

    @Override
    public String description() {
        return "puts, moves, lists and changes against bare Record Layer saves, by size and callers";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        int[] sizes =
                Arrays.stream(
                                System.getProperty("holdfast.bench.metadata.nodes", "10000")
                                        .split(",", -1))
                        .mapToInt(Integer::parseInt)
                        .toArray();
        @Nullable String cluster = System.getenv("HOLDFAST_FDB_CLUSTER_FILE");
        Map<String, String> figures = new LinkedHashMap<>();
        try (Database database =
                        cluster == null
                                ? EmbeddedFoundationDb.open(scratch.resolve("engine"))
                                : FDB.selectAPIVersion(API_VERSION).open(cluster);
                MetadataStore store =
                        MetadataStore.open(
                                new EmbeddedFdbDatabaseFactory(database).getDatabase(),
                                MetadataConfig.defaults(cluster == null))) {
            MetadataLoad load = new MetadataLoad(store, database);
            for (int size : sizes) {
                load.fill(size);
                String at = String.format(Locale.ROOT, "%,d nodes", size);
                byCallers(figures, load, at);
                double saves = load.bareBatches(BATCH);
                double puts = load.putBatches(BATCH);
                figures.put(
                        at + ", batches of " + BATCH + " small puts",
                        ratio(puts * BATCH, saves * BATCH, "puts/s", "bare saves of as many"));
                figures.put(at + ", list(1,000)", plain(load.lists(), "lists/s"));
                figures.put(at + ", changes(1,000)", plain(load.changes(), "pages/s"));
                figures.put(
                        at + ", move of the folder of all", plain(load.folderMoves(), "moves/s"));
            }
        }
        return figures;
    }

    private static void byCallers(Map<String, String> figures, MetadataLoad load, String at)
            throws Exception {
        for (int callers : CALLERS) {
            double commits = load.bareCommits(callers);
            figures.put(
                    at + ", put, " + callers + " callers",
                    ratio(load.puts(callers), commits, "ops/s", "bare commits"));
            figures.put(
                    at + ", move, " + callers + " callers",
                    ratio(load.moves(callers), commits, "ops/s", "bare commits"));
        }
    }

    private static String plain(double rate, String unit) {
        return String.format(Locale.ROOT, "%,.1f %s", rate, unit);
    }

    private static String ratio(double ours, double bare, String unit, String against) {
        return String.format(
                Locale.ROOT, "%,.1f %s (%.2f of %s)", ours, unit, ours / bare, against);
    }
}
