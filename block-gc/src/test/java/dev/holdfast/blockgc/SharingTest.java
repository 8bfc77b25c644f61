package dev.holdfast.blockgc;

import static dev.holdfast.blockgc.GcWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.GarbageRows;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.model.wire.NodeState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Workers share the work, and what a plan says of the leases that hold it. */
class SharingTest {
    private static final int FILES = 40;

    private final GcWorld world = new GcWorld(11);

    @AfterEach
    void close() {
        world.close();
    }

    static CollectorConfig at(int concurrency, Duration readers) {
        CollectorConfig base = GcWorld.CONFIG;
        return new CollectorConfig(
                base.chunkGrace(),
                base.trashGrace(),
                readers,
                base.deletionsKept(),
                base.leaseLife(),
                base.deadShareMax(),
                base.rewriteBytesMax(),
                base.packBytes(),
                base.smallPacksMax(),
                base.freeShareMax(),
                base.freeBytesMin(),
                base.period(),
                concurrency);
    }

    private long sum(List<GcReport> reports, String count) {
        return reports.stream().mapToLong(r -> r.counts().getOrDefault(count, 0L)).sum();
    }

    private void plant() {
        List<NodeState> files = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            files.add(world.file(world.bytes(200 + i)));
        }
        files.forEach(world::purge);
    }

    /** Both begin at once, again and again, with every shard of every stage to race for. */
    @Test
    void twoWorkersThatRaceForAShardDoEachPieceOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 5; round++) {
                plant();
                List<GcReport> all = new ArrayList<>();
                List<GcReport> latest;
                int again = 0;
                do {
                    latest = race(threads, round + "/" + again);
                    all.addAll(latest);
                    again++;
                } while (again < 20 && latest.stream().anyMatch(r -> !r.counts().isEmpty()));
                assertThat(all)
                        .allSatisfy(r ->
                                assertThat(r.state())
                                        .as(String.valueOf(r.problem()))
                                        .isEqualTo(BackgroundJobs.State.DONE));
                assertThat(sum(all, "references_released")).isEqualTo(FILES);
                assertThat(sum(all, "chunks_condemned")).isEqualTo(FILES);
                assertThat(sum(all, "chunks_dropped")).isEqualTo(FILES);
                assertThat(sum(all, "packs_trashed"))
                        .as("and packs that one merged while the other dropped")
                        .isGreaterThanOrEqualTo(FILES)
                        .isEqualTo(sum(all, "packs_deleted"));
                assertThat(world.packs.files()).isEmpty();
            }
            assertThat(world.rows.leases().held()).as("nothing is held any more").isEmpty();
        } finally {
            threads.shutdownNow();
        }
    }

    private List<GcReport> race(ExecutorService threads, String name) throws Exception {
        CyclicBarrier start = new CyclicBarrier(2);
        List<Future<GcReport>> racing = new ArrayList<>();
        for (String worker : List.of("a/", "b/")) {
            Collector collector = world.collector(at(2, Duration.ZERO));
            racing.add(
                    threads.submit(() -> {
                        start.await(30, TimeUnit.SECONDS);
                        return collector.run(NOW, worker + name);
                    }));
        }
        List<GcReport> reports = new ArrayList<>();
        for (Future<GcReport> each : racing) {
            reports.add(each.get(60, TimeUnit.SECONDS));
        }
        return reports;
    }

    /**
     * A second worker runs from beginning to end while the first is in the midst of each of its
     * pieces in turn. That the second's transactions could do no harm is the token's doing; that it
     * does not take the piece over, and all that the first had done of it again, is the lease's.
     */
    @Test
    void aPieceThatSomebodyHoldsIsLeftAloneForAsLongAsItsLeaseStands() {
        plant();
        List<GcReport> second = new ArrayList<>();
        Set<String> meanwhile = new TreeSet<>();
        boolean[] inside = new boolean[1];
        Pacer pacer =
                new Pacer() {
                    @Override
                    public long nanos() {
                        return 0;
                    }

                    @Override
                    public void stepped(Step step, long units, long nanos) {
                        List<String> held =
                                world.rows.leases().held().stream()
                                        .filter(h -> h.holder().equals("first"))
                                        .map(WorkLeases.Held::work)
                                        .toList();
                        if (!inside[0] && meanwhile.addAll(held)) {
                            inside[0] = true;
                            second.add(
                                    world.collector(at(1, Duration.ZERO))
                                            .run(NOW, "second/" + second.size()));
                            inside[0] = false;
                            assertThat(
                                            world.rows.leases().held().stream()
                                                    .filter(h -> h.holder().equals("first"))
                                                    .map(WorkLeases.Held::work))
                                    .as("what the first worker holds")
                                    .isEqualTo(held);
                        }
                    }

                    @Override
                    public void pause(Duration time) {}
                };
        GcReport first =
                new Collector(
                                world.rows,
                                world.metadata.chunks(),
                                world.packs,
                                Retention.NONE,
                                at(1, Duration.ZERO),
                                world.clock,
                                pacer)
                        .run(NOW, "first");
        assertThat(meanwhile)
                .contains(ReferenceStage.CONTENTS, PackTrash.WORK)
                .anyMatch(work -> work.startsWith("chunks/"));
        List<GcReport> all = new ArrayList<>(second);
        all.add(first);
        assertThat(all)
                .allSatisfy(r -> {
                    assertThat(r.state()).isEqualTo(BackgroundJobs.State.DONE);
                    assertThat(r.counts()).doesNotContainKey("leases_lost");
                });
        assertThat(sum(all, "contents_released")).isEqualTo(FILES);
        assertThat(sum(all, "chunks_condemned")).isEqualTo(FILES);
        assertThat(sum(all, "chunks_dropped")).isEqualTo(FILES);
    }

    @Test
    void piecesAtOnceDoAsMuchAsOneAfterTheOther() {
        plant();
        GcReport report = world.collector(at(4, Duration.ZERO)).run(NOW, "four at once");
        assertThat(report.counts())
                .containsEntry("chunks_condemned", (long) FILES)
                .containsEntry("chunks_dropped", (long) FILES)
                .containsEntry("packs_deleted", (long) FILES);
    }

    /** Of pieces that go at once one fails: that is how the run ends, and the others stop. */
    @Test
    void aRunOfWhichOnePieceStopsEndsAsThatPieceDid() {
        plant();
        JobRun job =
                new JobRun(
                        world.rows.jobs(),
                        world.rows
                                .jobs()
                                .begin(
                                        GcWorker.KIND,
                                        NOW.json(),
                                        "w",
                                        dev.holdfast.metadata.jobs.JobLoop.LEASE_LIFE),
                        dev.holdfast.metadata.jobs.JobLoop.LEASE_LIFE,
                        world.clock,
                        () -> false);
        Collector collector = world.collector(at(4, Duration.ZERO));
        RunContext run = RunContext.of(collector.parts(), "w/1", job);
        List<String> works = new ArrayList<>();
        for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
            works.add(ChunkStage.work(shard));
        }
        org.assertj.core.api.Assertions.assertThatThrownBy(() ->
                        run.shareEach(
                                works,
                                (piece, lease, shard) -> {
                                    if (shard == 5) {
                                        throw new IllegalStateException("FoundationDB is away");
                                    }
                                    piece.goOn();
                                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("FoundationDB is away");
        assertThat(world.rows.leases().held()).as("each gave its piece back").isEmpty();
    }

    private List<String> retained(Collector collector, boolean now) {
        List<String> why = new ArrayList<>();
        collector.plan(
                new GcRequest(now, false, Long.MAX_VALUE, false),
                line -> {
                    if (line.action() == PlanLine.Action.RETAIN
                            && line.subject().startsWith("pack ")) {
                        assertThat(line.bytes()).isPositive();
                        why.add(line.why());
                    }
                });
        return why;
    }

    @Test
    void aPlanTellsTheReadersWaitFromTheGraceAndFromALease() throws IOException {
        world.purge(world.file(world.bytes(1_000)));
        Collector collector = world.collector(at(1, Duration.ofMinutes(1)));
        collector.run(GcRequest.routine(), "first");
        world.pass(Duration.ofDays(1));
        collector.run(GcRequest.routine(), "second");
        assertThat(retained(collector, false))
                .containsExactly(
                        "nothing lives in it; who began to read it before may do so until"
                                + " 2026-03-02T12:01:00Z, and its grace lasts until"
                                + " 2026-03-03T00:00:00Z");
        assertThat(retained(collector, true))
                .containsExactly(
                        "nothing lives in it; who began to read it before may do so until"
                                + " 2026-03-02T12:01:00Z");
        world.pass(Duration.ofMinutes(1));
        assertThat(retained(collector, false))
                .containsExactly("nothing lives in it; in its grace until 2026-03-03T00:00:00Z");
        assertThat(retained(collector, true)).isEmpty();

        var pack = world.packs.files().iterator().next();
        var repair =
                world.rows
                        .leases()
                        .acquire(WorkLeases.ofPack(pack), "repair 7", Duration.ofHours(1))
                        .orElseThrow();
        assertThat(retained(collector, true))
                .containsExactly(
                        "nothing lives in it and its grace is over, but repair 7 holds it until"
                                + " 2026-03-02T13:01:00Z");
        assertThat(collector.run(NOW, "held").counts()).containsEntry("packs_leased", 1L);
        world.rows.leases().release(repair);
        world.rows.leases().acquire(WorkLeases.BACKUP, "nightly", Duration.ofHours(1));
        assertThat(retained(collector, true))
                .containsExactly(
                        "nothing lives in it and its grace is over, but the backup nightly holds"
                                + " it until 2026-03-02T13:01:00Z");
    }

    @Test
    void nowDoesNotShortenTheWaitForReaders() {
        world.purge(world.file(world.bytes(1_000)));
        Collector collector = world.collector(at(1, Duration.ofMinutes(1)));
        assertThat(collector.run(NOW, "first").counts())
                .containsEntry("packs_trashed", 1L)
                .doesNotContainKey("packs_deleted");
        world.pass(Duration.ofMinutes(1).minusMillis(1));
        assertThat(collector.run(NOW, "second").counts()).doesNotContainKey("packs_deleted");
        assertThat(world.packs.files()).hasSize(1);
        world.pass(Duration.ofMillis(1));
        assertThat(collector.run(NOW, "third").counts()).containsEntry("packs_deleted", 1L);
    }

    /** Whichever read it is that FoundationDB does not answer: nothing is deleted after it. */
    @Test
    void anErrorOfAnyReadOfRowsEndsTheRun() {
        world.purge(world.file(world.bytes(1_000)));
        long reads = 0;
        GcReport report;
        int failures = 0;
        do {
            CountedReads rows = new CountedReads(world.engine);
            Collector collector =
                    new Collector(
                            dev.holdfast.metadata.CollectionStore.open(
                                    new dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory(
                                                    rows.database())
                                            .getDatabase(),
                                    world.config),
                            world.metadata.chunks(),
                            world.packs,
                            Retention.NONE,
                            at(2, Duration.ZERO),
                            world.clock,
                            GcWorld.NO_WAIT);
            rows.answered.set(reads);
            report = collector.run(NOW, "reads " + reads);
            if (rows.answered.get() < 0) {
                failures++;
                // Of a run that ended well only the record of its end may be missing.
                assertThat(
                                report.state() == BackgroundJobs.State.FAILED
                                        || world.packs.files().isEmpty())
                        .as("%d reads answered: %s", reads, report)
                        .isTrue();
                world.pass(Duration.ofMinutes(2));
            }
            reads += 5;
        } while (report.state() != BackgroundJobs.State.DONE && reads < 5_000);
        assertThat(failures).as("reads that failed").isGreaterThan(10);
        assertThat(world.packs.files()).isEmpty();
    }
}
