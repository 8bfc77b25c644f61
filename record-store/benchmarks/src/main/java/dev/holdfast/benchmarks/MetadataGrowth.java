package dev.holdfast.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What an operation takes as one folder of one namespace grows: reads, bytes, keys and time. A
 * column that is flat from the smallest to the largest is the point of it. {@code
 * -Dholdfast.bench.metadata.nodes=10000,100000,1000000} are the sizes; a size that is not reached
 * in the time for it is reported with what was reached.
 */
public final class MetadataGrowth implements Scenario {
    private static final int PAGE = 1_000;
    private static final int DONE = 200;
    private static final int PAGES = 10;
    private static final int CALLERS = 4;
    private static final long FILL_NANOS = 240_000_000_000L;
    private static final long RUN_NANOS = 10_000_000_000L;

    @Override
    public String name() {
        return "metadata-growth";
    }

    @Override
    public String description() {
        return "reads, keys and bytes of put, move, list and changes as one folder grows to 1,000,000";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        int[] sizes =
                Arrays.stream(
                                System.getProperty(
                                                "holdfast.bench.metadata.nodes",
                                                "10000,100000,1000000")
                                        .split(",", -1))
                        .mapToInt(Integer::parseInt)
                        .toArray();
        Map<String, String> figures = new LinkedHashMap<>();
        try (MetadataCell cell = MetadataCell.open(scratch)) {
            MetadataLoad load = new MetadataLoad(cell.store(), CALLERS);
            for (int size : sizes) {
                int before = load.filled();
                long start = System.nanoTime();
                load.fill(size, FILL_NANOS);
                double seconds = (System.nanoTime() - start) / 1e9;
                System.err.printf("%,d nodes after %.0f s more%n", load.filled(), seconds);
                String at = String.format(Locale.ROOT, "%,d nodes", load.filled());
                figures.put(
                        at + ", filled",
                        String.format(
                                Locale.ROOT,
                                "%,.0f creates/s, %d batches of 128 at once",
                                (load.filled() - before) / seconds,
                                CALLERS));
                measure(figures, cell, at, load);
                if (load.filled() < size) {
                    break;
                }
            }
        }
        return figures;
    }

    private static void measure(
            Map<String, String> figures, MetadataCell cell, String at, MetadataLoad load)
            throws Exception {
        one(figures, cell, at + ", put", DONE, load.puts(1, DONE, 1));
        one(figures, cell, at + ", batch of 100 puts", PAGES, load.puts(1, PAGES, 100));
        one(figures, cell, at + ", move", DONE, load.moves(1, 1));
        one(figures, cell, at + ", move of the folder", DONE, load.folderMoves());
        one(figures, cell, at + ", list(1,000)", PAGES, load.lists(PAGE));
        one(figures, cell, at + ", changes(1,000)", PAGES, load.changes(PAGE));
    }

    private static void one(
            Map<String, String> figures,
            MetadataCell cell,
            String what,
            int turns,
            MetadataLoad.Calls calls)
            throws Exception {
        TransactionCounts.Sums before = cell.counts().sums();
        Callers.Rate rate = Callers.run(1, turns, RUN_NANOS, calls);
        figures.put(
                what,
                String.format(
                        Locale.ROOT,
                        "%s, %.1f ms",
                        cell.counts().sums().since(before).per(rate.done()),
                        1e3 / rate.perSecond()));
    }
}
