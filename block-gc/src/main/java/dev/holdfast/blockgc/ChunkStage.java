package dev.holdfast.blockgc;

import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.GarbageCandidate;
import dev.holdfast.metadata.GarbageRows;
import dev.holdfast.metadata.GarbageRows.Stage;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.Sha256;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** T6 and T7: chunks without references are condemned, and dropped after their grace. */
final class ChunkStage {
    private final GarbageRows rows;
    private final PackRows packs;
    private final CollectorConfig config;

    ChunkStage(GarbageRows rows, PackRows packs, CollectorConfig config) {
        this.rows = rows;
        this.packs = packs;
        this.config = config;
    }

    static String work(int shard) {
        return "chunks/" + shard;
    }

    private static List<String> works() {
        return IntStream.range(0, GarbageRows.SHARDS).mapToObj(ChunkStage::work).toList();
    }

    void run(RunContext run) {
        long fresh = packs.census().candidates().getOrDefault(GarbageRows.Stage.UNREFERENCED, 0L);
        // With --now what is condemned is dropped at once.
        run.record().left(run.request().now() ? 2 * fresh : fresh, 0);
        run.shareEach(works(), this::condemn);
        long cutOff = run.graceOver(config.chunkGrace(), java.time.Duration.ZERO);
        Due due = due(run, cutOff);
        run.record().left(due.chunks(), 0);
        BlastRadius.check(
                config, run.request(), packs.census().storedBytes(), due.bytes(), "chunks");
        run.shareEach(works(), (piece, lease, shard) -> drop(piece, lease, shard, cutOff));
    }

    private void condemn(RunContext run, WorkLease lease, int shard) {
        long cutOff = run.nowMillis();
        @Nullable GarbageCandidate last = null;
        List<GarbageCandidate> page;
        do {
            run.goOn();
            page = rows.candidates(Stage.UNREFERENCED, shard, cutOff, last, GarbageRows.BATCH_MAX);
            if (page.isEmpty()) {
                return;
            }
            last = page.getLast();
            run.record().done(page.size(), 0);
            List<Sha256> hashes = page.stream().map(GarbageCandidate::hash).toList();
            for (GarbageRows.Condemnation outcome :
                    run.rows(List::size, () -> rows.condemn(lease, hashes))) {
                run.add(
                        switch (outcome) {
                            case CONDEMNED -> "chunks_condemned";
                            case LOST -> "lost_chunks_in_grace";
                            case REFERENCED -> "resurrections";
                            case GONE -> "candidates_gone";
                        },
                        1);
            }
        } while (page.size() == GarbageRows.BATCH_MAX);
    }

    private record Due(long chunks, long bytes) {}

    /** What is due, fixed before any of it goes. */
    private Due due(RunContext run, long cutOff) {
        long[] chunks = new long[1];
        long[] bytes = new long[1];
        for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
            each(
                    Stage.IN_GRACE,
                    shard,
                    cutOff,
                    (chunk, size) -> {
                        run.goOn();
                        chunks[0]++;
                        bytes[0] += size;
                    });
        }
        return new Due(chunks[0], bytes[0]);
    }

    private void each(Stage stage, int shard, long cutOff, ObjLongConsumer<GarbageCandidate> body) {
        @Nullable GarbageCandidate last = null;
        List<GarbageCandidate> page;
        do {
            page = rows.candidates(stage, shard, cutOff, last, 1_000);
            for (GarbageCandidate chunk : page) {
                body.accept(chunk, chunk.storedBytes());
                last = chunk;
            }
        } while (page.size() == 1_000);
    }

    private void drop(RunContext run, WorkLease lease, int shard, long cutOff) {
        @Nullable GarbageCandidate last = null;
        List<GarbageCandidate> page;
        do {
            run.goOn();
            int room = room(run);
            page =
                    room == 0
                            ? List.of()
                            : rows.candidates(Stage.IN_GRACE, shard, cutOff, last, room);
            if (page.isEmpty()) {
                return;
            }
            last = page.getLast();
            List<GarbageCandidate> chunks = page;
            run.record().done(page.size(), 0);
            List<GarbageRows.Dropping> outcomes =
                    run.rows(List::size, () -> rows.drop(lease, chunks));
            for (int i = 0; i < chunks.size(); i++) {
                count(run, outcomes.get(i), chunks.get(i).storedBytes());
            }
        } while (!page.isEmpty());
    }

    /** With a limit on bytes chunks go one by one, so that it is not passed by a batch. */
    private static int room(RunContext run) {
        long max = run.request().bytesMax();
        if (max == Long.MAX_VALUE) {
            return GarbageRows.BATCH_MAX;
        }
        return run.count("bytes_dropped") < max ? 1 : 0;
    }

    private static void count(RunContext run, GarbageRows.Dropping outcome, long bytes) {
        switch (outcome) {
            case DROPPED -> {
                run.add("chunks_dropped", 1);
                run.add("bytes_dropped", bytes);
            }
            case REFERENCED -> run.add("resurrections", 1);
            case CHANGED -> run.add("candidates_changed", 1);
            case GONE -> run.add("candidates_gone", 1);
        }
    }

    void plan(long nowMillis, boolean graceOver, PlanSink sink) {
        for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
            planFresh(shard, nowMillis, sink);
            each(
                    Stage.IN_GRACE,
                    shard,
                    nowMillis,
                    (chunk, size) -> {
                        long until = chunk.sinceMillis() + config.chunkGrace().toMillis();
                        boolean due = graceOver || until <= nowMillis;
                        sink.line(
                                due ? PlanLine.Action.DROP : PlanLine.Action.RETAIN,
                                "chunk " + chunk.hash(),
                                size,
                                due ? "its grace is over" : "in its grace until " + time(until));
                    });
        }
    }

    private void planFresh(int shard, long nowMillis, PlanSink sink) {
        @Nullable GarbageCandidate last = null;
        List<GarbageCandidate> page;
        do {
            page = rows.candidates(Stage.UNREFERENCED, shard, nowMillis, last, 1_000);
            Map<Sha256, Long> sizes = new HashMap<>();
            for (ChunkRow row : packs.rows(page.stream().map(GarbageCandidate::hash).toList())) {
                sizes.put(row.hash(), (long) row.location().storedLength());
            }
            for (GarbageCandidate chunk : page) {
                last = chunk;
                sink.line(
                        PlanLine.Action.CONDEMN,
                        "chunk " + chunk.hash(),
                        sizes.getOrDefault(chunk.hash(), 0L),
                        "its last reference went at " + time(chunk.sinceMillis()));
            }
        } while (page.size() == 1_000);
    }

    static String time(long millis) {
        return java.time.Instant.ofEpochMilli(millis).toString();
    }
}
