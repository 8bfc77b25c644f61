package dev.holdfast.benchmarks;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Operations of the metadata by callers and in batches, with what each takes, and the ratio to bare
 * Record Layer saves of the same records and to bare commits of the same database in the same run.
 * {@code HOLDFAST_FDB_CLUSTER_FILE} names a FoundationDB to use instead of the engine.
 */
public final class MetadataScenario implements Scenario {
    private static final int[] CALLERS = {1, 16, 128};
    private static final int CALLERS_MAX = 128;
    private static final int BATCH = 100;
    private static final int PAGE = 1_000;
    private static final int NODES = 10_000;
    private static final long RUN_NANOS = 2_000_000_000L;
    private static final long FILL_NANOS = 60_000_000_000L;

    /** Puts of all callers in one run; their contents are declared before. */
    private static final int PUTS = 6_000;

    private static final int BATCHES = 30;
    private static final int VALUE_BYTES = 100;

    private final Map<String, String> figures = new LinkedHashMap<>();

    @Override
    public String name() {
        return "metadata";
    }

    @Override
    public String description() {
        return "put, move, list, changes by callers and in batches, against bare Record Layer saves";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        try (MetadataCell cell = MetadataCell.open(scratch)) {
            MetadataLoad load = new MetadataLoad(cell.store(), CALLERS_MAX);
            BareTree bare = new BareTree(cell.records());
            load.fill(NODES, FILL_NANOS);
            List<ByteString> owners = bare.owners(PAGE);
            for (int from = 0; from < PAGE; from += BATCH) {
                bare.puts(owners.subList(from, from + BATCH));
            }
            // Unmeasured: code that runs for the first time is slow.
            batches(cell, load, bare, 1);
            figures.clear();
            for (int callers : CALLERS) {
                single(cell, load, bare, callers);
            }
            batches(cell, load, bare, BATCHES);
        }
        return figures;
    }

    private void single(MetadataCell cell, MetadataLoad load, BareTree bare, int callers)
            throws Exception {
        int turns = Math.max(1, PUTS / callers);
        List<ByteString> owners = bare.owners(callers * turns);
        double commits = commits(cell, callers);
        double saves =
                Callers.run(
                                callers,
                                turns,
                                RUN_NANOS,
                                (caller, turn) ->
                                        bare.puts(List.of(owners.get(caller * turns + turn))))
                        .perSecond();
        String at = ", " + callers + (callers == 1 ? " caller" : " callers");
        figures.put("bare commit" + at, plain(commits));
        figures.put("bare Record Layer saves of a put's records" + at, plain(saves));
        against(cell, "put" + at, callers, turns, load.puts(callers, turns, 1), saves, commits);
        int many = Integer.MAX_VALUE;
        against(cell, "move" + at, callers, many, load.moves(callers, 1), saves, commits);
        double scans = Callers.run(callers, many, RUN_NANOS, (_, _) -> bare.list(PAGE)).perSecond();
        figures.put("bare Record Layer scan of 1,000 by an index" + at, plain(scans));
        reading(cell, "list(1,000)" + at, callers, load.lists(PAGE), scans);
        reading(cell, "changes(1,000)" + at, callers, load.changes(PAGE), scans);
    }

    private static double commits(MetadataCell cell, int callers) throws Exception {
        byte[] value = new byte[VALUE_BYTES];
        return Callers.run(
                        callers,
                        Integer.MAX_VALUE,
                        RUN_NANOS,
                        (_, _) -> {
                            try (Transaction transaction = cell.engine().createTransaction()) {
                                long key = ThreadLocalRandom.current().nextLong();
                                transaction.set(Tuple.from("bench", key).pack(), value);
                                transaction.commit().join();
                            }
                        })
                .perSecond();
    }

    private void against(
            MetadataCell cell,
            String what,
            int callers,
            int turns,
            MetadataLoad.Calls calls,
            double saves,
            double commits)
            throws Exception {
        TransactionCounts.Sums before = cell.counts().sums();
        Callers.Rate rate = Callers.run(callers, turns, RUN_NANOS, calls);
        figures.put(
                what,
                String.format(
                        Locale.ROOT,
                        "%,.1f/s (%.2f of bare saves, %.2f of bare commits)",
                        rate.perSecond(),
                        rate.perSecond() / saves,
                        rate.perSecond() / commits));
        took(cell, what, before, rate.done());
    }

    private void reading(
            MetadataCell cell, String what, int callers, MetadataLoad.Calls calls, double scans)
            throws Exception {
        TransactionCounts.Sums before = cell.counts().sums();
        Callers.Rate rate = Callers.run(callers, Integer.MAX_VALUE, RUN_NANOS, calls);
        figures.put(
                what,
                String.format(
                        Locale.ROOT,
                        "%,.1f/s (%.2f of bare scans)",
                        rate.perSecond(),
                        rate.perSecond() / scans));
        took(cell, what, before, rate.done());
    }

    private void took(MetadataCell cell, String what, TransactionCounts.Sums before, int done) {
        figures.put(what + ", each takes", cell.counts().sums().since(before).per(done));
    }

    private void batches(MetadataCell cell, MetadataLoad load, BareTree bare, int batches)
            throws Exception {
        List<ByteString> owners = bare.owners(batches * BATCH);
        double saves =
                Callers.run(
                                1,
                                batches,
                                RUN_NANOS,
                                (_, turn) ->
                                        bare.puts(owners.subList(turn * BATCH, (turn + 1) * BATCH)))
                        .perSecond();
        double commits = commits(cell, 1);
        figures.put("bare Record Layer saves of 100 puts' records", plain(saves));
        batch(cell, "batch of 100 puts", batches, load.puts(1, batches, BATCH), saves, commits);
        batch(cell, "batch of 100 moves", batches, load.moves(1, BATCH), saves, commits);
    }

    private void batch(
            MetadataCell cell,
            String what,
            int batches,
            MetadataLoad.Calls calls,
            double saves,
            double commits)
            throws Exception {
        TransactionCounts.Sums before = cell.counts().sums();
        Callers.Rate rate = Callers.run(1, batches, RUN_NANOS, calls);
        figures.put(
                what,
                String.format(
                        Locale.ROOT,
                        "%,.1f/s, %,.0f operations/s (%.2f times the time of the bare saves, %.2f"
                                + " of bare commits)",
                        rate.perSecond(),
                        rate.perSecond() * BATCH,
                        saves / rate.perSecond(),
                        rate.perSecond() * BATCH / commits));
        took(cell, what, before, rate.done());
    }

    private static String plain(double rate) {
        return String.format(Locale.ROOT, "%,.1f/s", rate);
    }
}
