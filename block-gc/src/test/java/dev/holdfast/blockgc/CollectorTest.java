package dev.holdfast.blockgc;

import static dev.holdfast.blockgc.GcWorld.NOW;
import static dev.holdfast.blockgc.GcWorld.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.GarbageRows;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.model.Answer;
import dev.holdfast.model.PackId;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.NodeState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CollectorTest {
    private GcWorld world;

    @BeforeEach
    void open() {
        world = new GcWorld(1);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private void nothingLeft() {
        var census = world.rows.packs().census();
        assertThat(census.candidates().values()).containsOnly(0L);
        assertThat(census.packs().get(PackStage.TRASHED)).isZero();
        assertThat(census.packs().get(PackStage.DELETING)).isZero();
        assertThat(world.packs.files())
                .hasSize(Math.toIntExact(census.packs().getOrDefault(PackStage.SEALED, 0L)));
    }

    @Test
    void aPurgedFileGoesStepByStepAndNoStepBeforeItsGrace() {
        NodeState file = world.file(world.bytes(1_000), world.bytes(2_000));
        NodeState kept = world.file(world.bytes(5_000));
        world.purge(file);

        Map<String, Long> first = world.collect(GcRequest.routine()).counts();
        assertThat(first)
                .containsEntry("contents_released", 1L)
                .containsEntry("references_released", 2L)
                .containsEntry("chunks_condemned", 2L)
                .doesNotContainKey("chunks_dropped");

        world.pass(Duration.ofHours(24).minusMillis(1));
        assertThat(world.collect(GcRequest.routine()).counts()).isEmpty();

        world.pass(Duration.ofMillis(1));
        Map<String, Long> third = world.collect(GcRequest.routine()).counts();
        assertThat(third)
                .containsEntry("chunks_dropped", 2L)
                .containsEntry("bytes_dropped", 3_000L)
                .containsEntry("packs_trashed", 1L)
                .doesNotContainKey("packs_deleted");
        assertThat(world.packs.files()).hasSize(2);

        world.pass(Duration.ofHours(12).minusMillis(1));
        assertThat(world.collect(GcRequest.routine()).counts()).isEmpty();
        world.pass(Duration.ofMillis(1));
        GcReport last = world.collect(GcRequest.routine());
        assertThat(last.counts()).containsEntry("packs_deleted", 1L);
        assertThat(world.packs.files()).hasSize(1);
        assertThat(world.read(kept)).hasSize(1);
        nothingLeft();
        assertThat(world.rows.packs().deletions(null, 10))
                .singleElement()
                .satisfies(trace -> {
                    assertThat(trace.job()).isEqualTo(last.job().orElseThrow());
                    assertThat(trace.reason()).contains("empty");
                });
    }

    @Test
    void itIsForgottenWhichPacksWereDeletedWhenThatIsLongAgo() {
        world.purge(world.file(world.bytes(1_000)));
        world.collect(NOW);
        var first = world.rows.packs().deletions(null, 10).getFirst();
        world.pass(Duration.ofDays(399));
        world.purge(world.file(world.bytes(1_000)));
        assertThat(world.collect(NOW).counts()).doesNotContainKey("deletions_forgotten");
        assertThat(world.rows.packs().deletions(null, 10)).hasSize(2).contains(first);
        world.pass(Duration.ofDays(1).minusMillis(1));
        assertThat(world.collect(GcRequest.routine()).job()).as("nothing to do").isEmpty();
        world.pass(Duration.ofMillis(1));
        assertThat(world.collect(GcRequest.routine()).counts())
                .containsExactly(Map.entry("deletions_forgotten", 1L));
        assertThat(world.rows.packs().deletions(null, 10)).hasSize(1).doesNotContain(first);
        assertThat(world.rows.packs().deletion(first.pack())).isEmpty();
    }

    @Test
    void withNowOneRunDoesItAll() {
        world.purge(world.file(world.bytes(1_000)));
        GcReport report = world.collect(NOW);
        assertThat(report.state()).isEqualTo(BackgroundJobs.State.DONE);
        assertThat(report.counts())
                .containsEntry("chunks_dropped", 1L)
                .containsEntry("packs_deleted", 1L);
        assertThat(world.packs.files()).isEmpty();
        nothingLeft();
    }

    @Test
    void trashStaysUntilItIsPurgedOnOrder() {
        NodeState trashed = world.file(world.bytes(1_000));
        NodeState kept = world.file(world.bytes(2_000));
        world.trash(trashed);
        Collector collector =
                new Collector(
                        world.rows,
                        world.metadata.chunks(),
                        world.packs,
                        new UpkeepRetention(world.metadata.upkeep()),
                        GcWorld.CONFIG,
                        world.clock,
                        GcWorld.NO_WAIT);
        world.pass(Duration.ofSeconds(1));
        assertThat(collector.run(NOW, "a").counts()).doesNotContainKey("chunks_dropped");
        assertThat(world.packs.files()).hasSize(2);
        GcReport report = collector.run(new GcRequest(true, true, Long.MAX_VALUE, false), "b");
        assertThat(report.counts())
                .containsEntry("chunks_dropped", 1L)
                .containsEntry("bytes_dropped", 1_000L);
        assertThat(world.read(kept)).hasSize(1);
        nothingLeft();
    }

    @Test
    void anIdleRunLeavesNoJob() {
        assertThat(world.collect(GcRequest.routine()).job()).isEmpty();
        assertThat(world.rows.jobs().list(null, 10)).isEmpty();
    }

    @Test
    void anExpiredUploadLosesItsChunksAndALiveOneDoesNot() {
        UploadId old = world.upload();
        ok(world.send(old, List.of(world.bytes(1_000))));
        world.pass(Duration.ofDays(6));
        UploadId young = world.upload();
        var content = ok(world.send(young, List.of(world.bytes(1_000))));
        world.pass(Duration.ofDays(1).plusMillis(1));

        assertThat(world.collect(NOW).counts())
                .containsEntry("uploads_expired", 1L)
                .containsEntry("chunks_dropped", 1L);
        assertThat(world.send(old, List.of(world.bytes(10)))).isInstanceOf(Answer.Refused.class);
        assertThat(world.create(content).done()).isTrue();
        nothingLeft();
    }

    @Test
    void aChunkThatIsSentAgainInItsGraceStaysWhereItIs() {
        byte[] chunk = world.bytes(1_000);
        world.purge(world.file(chunk));
        world.collect(GcRequest.routine());
        NodeState again = world.file(chunk);
        world.pass(Duration.ofDays(2));
        assertThat(world.collect(GcRequest.routine()).counts())
                .containsEntry("resurrections", 1L)
                .doesNotContainKey("chunks_dropped");
        world.collect(NOW);
        assertThat(world.read(again).getFirst()).isEqualTo(chunk);
        nothingLeft();
    }

    @Test
    void aLostChunkIsNotCondemnedAndAnUploadHealsIt() {
        byte[] chunk = world.bytes(1_000);
        world.purge(world.file(chunk));
        var hash = GcWorld.ref(chunk).hash();
        var location = world.location(hash);
        assertThat(world.rows.losses().lose(hash, location)).isTrue();
        assertThat(world.collect(GcRequest.routine()).counts())
                .containsEntry("lost_chunks_in_grace", 1L)
                .doesNotContainKey("chunks_condemned");
        NodeState again = world.file(chunk);
        assertThat(world.location(hash).pack())
                .as("not at the place where it was lost")
                .isNotEqualTo(location.pack());
        world.collect(NOW);
        assertThat(world.read(again).getFirst()).isEqualTo(chunk);
        nothingLeft();
    }

    @Test
    void sparsePacksAreRewrittenWhenMoreThanTheBudgetIsDead() {
        byte[] dying = world.bytes(60_000);
        byte[] living = world.bytes(50_000);
        UploadId upload = world.upload();
        var both = ok(world.send(upload, List.of(dying, living)));
        NodeState twin = java.util.Objects.requireNonNull(world.create(both).node());
        NodeState kept = world.file(living);
        assertThat(world.packs.files()).hasSize(1);
        PackId before = world.packs.files().iterator().next();
        world.purge(twin);

        Map<String, Long> counts = world.collect(NOW).counts();
        assertThat(counts)
                .containsEntry("chunks_dropped", 1L)
                .containsEntry("chunks_moved", 1L)
                .containsEntry("packs_deleted", 1L);
        assertThat(world.packs.files()).hasSize(1).doesNotContain(before);
        assertThat(world.read(kept).getFirst()).isEqualTo(living);
        assertThat(world.rows.packs().census().packBytes().get(PackStage.SEALED))
                .isLessThan(51_000);
        nothingLeft();
    }

    @Test
    void manySmallPacksAreMergedIntoOne() {
        List<NodeState> files = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            files.add(world.file(world.bytes(1_000)));
        }
        assertThat(world.packs.files()).hasSize(4);
        assertThat(world.collect(NOW).counts()).containsEntry("packs_deleted", 4L);
        assertThat(world.packs.files()).hasSize(1);
        files.forEach(file -> assertThat(world.read(file)).hasSize(1));
        assertThat(world.collect(NOW).counts()).as("and stay so").isEmpty();
    }

    @Test
    void thePlanSaysExactlyWhatTheRunDoesAndWhyTheRestStays() {
        world.purge(world.file(world.bytes(1_000)));
        world.collect(GcRequest.routine());
        List<PlanLine> waiting = new ArrayList<>();
        world.collector(GcWorld.CONFIG).plan(GcRequest.routine(), waiting::add);
        assertThat(waiting)
                .anySatisfy(line -> {
                    assertThat(line.action()).isEqualTo(PlanLine.Action.RETAIN);
                    assertThat(line.why()).contains("in its grace until 2026-03-02T12:00:00Z");
                    assertThat(line.bytes()).isEqualTo(1_000);
                });
        GcPlan plan = world.collector(GcWorld.CONFIG).plan(NOW, line -> {});
        GcReport report = world.collect(NOW);
        assertThat(plan.bytes().get(PlanLine.Action.DROP))
                .isEqualTo(report.counts().get("bytes_dropped"));
        assertThat(plan.lines().get(PlanLine.Action.DROP))
                .isEqualTo(report.counts().get("chunks_dropped"));
    }

    @Test
    void thePlanChangesNothing() {
        world.purge(world.file(world.bytes(1_000)));
        var before = world.rows.packs().census();
        world.collector(GcWorld.CONFIG).plan(NOW, line -> {});
        assertThat(world.rows.packs().census()).isEqualTo(before);
        assertThat(world.rows.garbage().doomedContents(Long.MAX_VALUE / 2, 10)).hasSize(1);
    }

    private static final CollectorConfig TIMID =
            new CollectorConfig(
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ofDays(400),
                    Duration.ofMinutes(1),
                    0.2,
                    1 << 20,
                    1 << 20,
                    4,
                    0.05,
                    1_500,
                    Duration.ofMinutes(5),
                    2);

    @Test
    void aRunThatWouldFreeTooMuchRefusesUnlessForced() {
        world.purge(world.file(world.bytes(2_000)));
        world.purge(world.file(world.bytes(2_000)));
        Collector timid = world.collector(TIMID);
        GcReport refused = timid.run(GcRequest.routine(), "a");
        assertThat(refused.state()).isEqualTo(BackgroundJobs.State.FAILED);
        assertThat(refused.refused()).contains(GcRefusedException.Reason.TOO_MUCH);
        assertThat(refused.counts()).doesNotContainKey("chunks_dropped");
        assertThat(world.packs.files()).hasSize(2);
        assertThat(timid.plan(NOW, line -> {}).refused()).isTrue();

        GcReport some = timid.run(new GcRequest(false, false, 1_400, false), "b");
        assertThat(some.counts()).containsEntry("chunks_dropped", 1L);

        GcReport forced = timid.run(new GcRequest(false, false, Long.MAX_VALUE, true), "c");
        assertThat(forced.state()).isEqualTo(BackgroundJobs.State.DONE);
        assertThat(world.packs.files()).isEmpty();
        assertThat(world.rows.jobs().get(forced.job().orElseThrow()).orElseThrow().request())
                .contains("\"force\":true");
    }

    @Test
    void anErrorOfAReadEndsTheRunBeforeAnythingIsDeleted() {
        world.purge(world.file(world.bytes(2_000)));
        world.packs.fault(step -> {
            if (step.equals("entries")) {
                throw new IOException("no DataNode answers");
            }
        });
        GcReport report = world.collect(NOW);
        assertThat(report.state()).isEqualTo(BackgroundJobs.State.FAILED);
        assertThat(report.problem()).contains("cannot be inspected");
        assertThat(world.packs.files()).hasSize(1);
        world.packs.fault(step -> {});
        world.collect(NOW);
        assertThat(world.packs.files()).isEmpty();
        nothingLeft();
    }

    @Test
    void theInspectorFindsAChunkThatStillLiesInAPack() {
        world.file(world.bytes(2_000));
        PackId pack = world.packs.files().iterator().next();
        PackInspector inspector = new PackInspector(world.rows.packs(), world.packs);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> inspector.inspect(pack))
                .isInstanceOf(GcRefusedException.class)
                .hasMessageContaining("lies in it");
    }

    @Test
    void noPackIsDeletedUnderABackup() {
        world.purge(world.file(world.bytes(2_000)));
        var backup =
                world.rows
                        .leases()
                        .acquire(WorkLeases.BACKUP, "backup", Duration.ofHours(1))
                        .orElseThrow();
        assertThat(world.collect(NOW).counts()).containsEntry("packs_leased", 1L);
        assertThat(world.packs.files()).hasSize(1);
        world.rows.leases().release(backup);
        world.collect(NOW);
        assertThat(world.packs.files()).isEmpty();
    }

    @Test
    void workThatAnotherHoldsIsLeftToItAndTakenOverWhenItDies() {
        world.purge(world.file(world.bytes(2_000)));
        world.rows.leases().acquire(ReferenceStage.CONTENTS, "dead", Duration.ofMinutes(1));
        assertThat(world.collect(NOW).counts()).isEmpty();
        world.pass(Duration.ofMinutes(1));
        assertThat(world.collect(NOW).counts()).containsEntry("packs_deleted", 1L);
    }

    @Test
    void aCrashAtAnyStepOfAnyRunLeavesNothingBehind() {
        for (String step : List.of("begin", "add", "end", "entries", "delete")) {
            byte[] dying = world.bytes(60_000);
            byte[] living = world.bytes(50_000);
            var both = ok(world.send(world.upload(), List.of(dying, living)));
            NodeState twin = java.util.Objects.requireNonNull(world.create(both).node());
            NodeState kept = world.file(living);
            world.purge(twin);
            world.packs.fault(at -> {
                if (at.equals(step)) {
                    throw new IOException("crash");
                }
            });
            assertThat(world.collect(NOW).state()).as(step).isEqualTo(BackgroundJobs.State.FAILED);
            assertThat(world.read(kept).getFirst()).isEqualTo(living);
            world.packs.fault(at -> {});
            world.collect(NOW);
            assertThat(world.read(kept).getFirst()).isEqualTo(living);
            nothingLeft();
            world.purge(kept);
            world.collect(NOW);
        }
    }

    @Test
    void aRunCanBeCancelledFromAnywhere() {
        for (int i = 0; i < 3; i++) {
            world.purge(world.file(world.bytes(100)));
        }
        world.packs.fault(step -> {
            if (step.equals("entries")) {
                var job = world.rows.jobs().list(null, 10).getFirst();
                world.rows.jobs().wish(job.id(), BackgroundJobs.Wish.CANCEL);
                world.pass(Duration.ofSeconds(5));
            }
        });
        GcReport report = world.collect(NOW);
        assertThat(report.state()).isEqualTo(BackgroundJobs.State.CANCELLED);
        assertThat(world.packs.files()).isNotEmpty();
        assertThat(
                        world.rows
                                .garbage()
                                .candidates(
                                        GarbageRows.Stage.IN_GRACE,
                                        0,
                                        Long.MAX_VALUE / 2,
                                        null,
                                        10))
                .isEmpty();
    }

    @Test
    void whatAKilledWorkerBeganIsDeletedOnceAJanitorHasSealedIt() {
        var killed =
                world.rows
                        .leases()
                        .acquire(Compactor.WORK, "killed", Duration.ofMinutes(1))
                        .orElseThrow();
        PackWriterLease pack = world.metadata.chunks().beginPack();
        world.rows.packs().nominate(killed, pack.pack());
        world.rows
                .leases()
                .acquire(WorkLeases.ofPack(pack.pack()), "killed", Duration.ofMinutes(1));
        world.packs.create(pack.pack());

        world.pass(Duration.ofMinutes(1));
        assertThat(world.collect(NOW).counts()).as("it may still be written").isEmpty();
        PackWriterLease janitor = world.metadata.chunks().raiseEpoch(pack.pack());
        world.metadata.chunks().sealPack(janitor, 64);
        assertThat(world.collect(NOW).counts()).containsEntry("packs_deleted", 1L);
        assertThat(world.packs.files()).isEmpty();
        nothingLeft();
    }
}
