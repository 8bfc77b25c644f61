package dev.holdfast.blockgc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.AuditRows.ChunkFacts;
import dev.holdfast.metadata.AuditRows.OwnerFacts;
import dev.holdfast.metadata.AuditRows.OwnerStage;
import dev.holdfast.metadata.AuditRows.PackFacts;
import dev.holdfast.metadata.AuditRows.ReferenceFacts;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobLoop;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeState;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The audit finds what is wrong, and nothing that is only on its way. */
class AuditTest {
    private GcWorld world;

    @BeforeEach
    void open() {
        world = new GcWorld(7);
    }

    @AfterEach
    void close() {
        world.close();
    }

    /** Runs an audit as a job. */
    static JobView audit(GcWorld world) {
        return audit(world, new Audit(world.rows, world.packs));
    }

    private static JobView audit(GcWorld world, Audit audit) {
        JobRun run =
                new JobRun(
                        world.rows.jobs(),
                        world.rows.jobs().begin(Audit.KIND, "{}", "auditor", JobLoop.LEASE_LIFE),
                        JobLoop.LEASE_LIFE,
                        world.clock,
                        () -> false);
        JobLoop.run(run, audit);
        return world.rows.jobs().get(run.id()).orElseThrow();
    }

    static List<String> findings(GcWorld world) {
        JobView job = audit(world);
        assertThat(job.state())
                .as(String.valueOf(job.problem()))
                .isEqualTo(BackgroundJobs.State.DONE);
        return world.rows.jobs().findings(job.id(), 0, 1_000).stream()
                .map(BackgroundJobs.Finding::text)
                .toList();
    }

    @Test
    void whatWaitsToBeCollectedIsNoFindingAtAnyStage() {
        world.file(world.bytes(3_000));
        world.send(world.upload(), List.of(world.bytes(1_000)));
        NodeState gone = world.file(world.bytes(2_000), world.bytes(500));
        NodeState trashed = world.file(world.bytes(2_000));
        world.trash(trashed);
        assertThat(findings(world)).isEmpty();
        world.purge(gone);
        for (int day = 0; day < 6; day++) {
            assertThat(findings(world)).as("day " + day).isEmpty();
            world.collect(GcRequest.routine());
            world.pass(Duration.ofHours(13));
        }
        assertThat(findings(world)).isEmpty();
    }

    @Test
    void aLostAndAShortenedFileAreErrors() {
        world.file(world.bytes(2_000), world.bytes(2_000));
        PackId pack = world.packs.files().iterator().next();
        world.packs.damage(pack, 1);
        assertThat(findings(world))
                .singleElement()
                .asString()
                .contains("\"severity\":\"error\"", "pack-cut-short", pack.toString(), "advice");
        world.packs.damage(pack, 0);
        assertThat(findings(world))
                .singleElement()
                .asString()
                .contains("\"severity\":\"error\"", "pack-without-file");
    }

    @Test
    void aFileThatNoRowNamesIsAWarning() {
        world.packs.write(new PackId(new Id128(1, 2)), world.bytes(100));
        assertThat(findings(world))
                .singleElement()
                .asString()
                .contains("\"severity\":\"warning\"", "file-without-row", "--rebuild-index");
    }

    @Test
    void aDirectoryIsComparedInPartsWithTheSameFindings() {
        world.file(world.bytes(2_000));
        PackId pack = world.packs.files().iterator().next();
        for (int i = 1; i < 4; i++) {
            world.packs.write(
                    new PackId(new Id128(pack.id().high(), pack.id().low() - i)), world.bytes(10));
            world.packs.write(
                    new PackId(new Id128(pack.id().high(), pack.id().low() + i)), world.bytes(10));
        }
        for (boolean missing : new boolean[] {false, true}) {
            if (missing) {
                world.packs.damage(pack, 0);
            }
            List<String> whole = findings(world);
            assertThat(whole).hasSize(missing ? 7 : 6);
            for (int filesMax = 1; filesMax < 9; filesMax++) {
                JobView job = audit(world, new Audit(world.rows, world.packs, filesMax));
                assertThat(
                                world.rows.jobs().findings(job.id(), 0, 1_000).stream()
                                        .map(BackgroundJobs.Finding::text))
                        .as("names at a time: " + filesMax)
                        .containsExactlyInAnyOrderElementsOf(whole);
                assertThat(job.progress().counts())
                        .containsEntry("packs", 1L)
                        .containsEntry("files", missing ? 6L : 7L);
            }
        }
    }

    @Test
    void aLostChunkOfAFileIsAnError() {
        world.file(world.bytes(2_000));
        PackId pack = world.packs.files().iterator().next();
        ChunkRow chunk = world.rows.packs().chunks(pack, 0, 1).getFirst();
        world.rows.losses().lose(chunk.hash(), chunk.location());
        assertThat(findings(world))
                .singleElement()
                .asString()
                .contains("\"severity\":\"error\"", "chunk-lost", chunk.hash().toString());
    }

    /** Of the first list, of that of the pack's directory, and of the second look at it. */
    @Test
    void anErrorOfAListFailsTheAuditInsteadOfFindingLeaks() {
        world.file(world.bytes(2_000));
        PackId pack = world.packs.files().iterator().next();
        world.packs.damage(pack, 1);
        int directory = pack.id().toBytes()[0] & 0xff;
        for (int failing : new int[] {0, directory, directory + 1}) {
            int[] lists = new int[1];
            world.packs.fault(step -> {
                if (step.equals("list") && lists[0]++ == failing) {
                    throw new IOException("the NameNode does not answer");
                }
            });
            JobView job = audit(world);
            assertThat(job.state()).as("list " + failing).isEqualTo(BackgroundJobs.State.FAILED);
            assertThat(job.problem()).contains("does not answer");
            assertThat(job.findings()).isZero();
        }
    }

    @Test
    void anAuditThatStoppedGoesOnAtItsCursorAndFindsNothingTwice() {
        world.file(world.bytes(2_000));
        PackId pack = world.packs.files().iterator().next();
        ChunkRow chunk = world.rows.packs().chunks(pack, 0, 1).getFirst();
        world.rows.losses().lose(chunk.hash(), chunk.location());
        int[] lists = new int[1];
        world.packs.fault(step -> {
            if (step.equals("list") && lists[0]++ == 10) {
                Id128 running = world.rows.jobs().list(Audit.KIND, 1).getFirst().id();
                world.rows.jobs().wish(running, BackgroundJobs.Wish.PAUSE);
                world.pass(Duration.ofSeconds(5));
            }
        });
        JobView paused = audit(world);
        assertThat(paused.state()).isEqualTo(BackgroundJobs.State.PAUSED);
        world.rows.jobs().wish(paused.id(), BackgroundJobs.Wish.GO_ON);
        var taken = world.rows.jobs().take(Audit.KIND, "b", JobLoop.LEASE_LIFE).orElseThrow();
        JobLoop.run(
                new JobRun(world.rows.jobs(), taken, JobLoop.LEASE_LIFE, world.clock, () -> false),
                new Audit(world.rows, world.packs));
        JobView done = world.rows.jobs().get(paused.id()).orElseThrow();
        assertThat(done.state()).isEqualTo(BackgroundJobs.State.DONE);
        assertThat(done.findings()).isEqualTo(1);
        assertThat(lists[0]).as("directories, one of them begun twice").isBetween(256, 258);
        assertThat(done.progress().itemsDone()).isEqualTo(done.progress().itemsTotal());
    }

    private static final Sha256 HASH = Sha256.hash(new byte[] {1});
    private static final PackId PACK = new PackId(new Id128(3, 4));

    private static ChunkFacts chunk(
            boolean referenced, boolean candidate, @Nullable PackStage stage, long packLength) {
        return new ChunkFacts(
                new ChunkRow(
                        HASH, ChunkRow.Condition.LIVE, new ChunkLocation(PACK, 64, 100, 100, 0, 1)),
                referenced,
                candidate,
                stage == null ? null : new PackFacts(PACK, stage, packLength, false));
    }

    @Test
    void eachRuleAboutChunks() {
        assertThat(AuditRules.judge(chunk(true, false, PackStage.SEALED, 228))).isEmpty();
        assertThat(AuditRules.judge(chunk(true, false, PackStage.OPEN, 0))).isEmpty();
        assertThat(AuditRules.judge(chunk(false, true, PackStage.SEALED, 228))).isEmpty();
        assertFound(
                AuditRules.judge(chunk(true, false, PackStage.SEALED, 227)), "chunk-beyond-pack");
        assertFound(AuditRules.judge(chunk(true, false, null, 0)), "chunk-without-pack");
        assertFound(AuditRules.judge(chunk(true, false, PackStage.TRASHED, 999)), "chunk-in-trash");
        assertFound(
                AuditRules.judge(chunk(true, false, PackStage.DELETING, 999)), "chunk-in-trash");
        assertFound(AuditRules.judge(chunk(false, false, PackStage.SEALED, 228)), "chunk-leaked");
    }

    @Test
    void eachRuleAboutReferencesAndContents() {
        ContentId owner = new ContentId(new Id128(5, 6));
        assertThat(AuditRules.judge(new ReferenceFacts(HASH, owner, OwnerStage.DOOMED, true)))
                .isEmpty();
        assertFound(
                AuditRules.judge(new ReferenceFacts(HASH, owner, OwnerStage.COMMITTED, false)),
                "reference-without-chunk");
        assertFound(
                AuditRules.judge(new ReferenceFacts(HASH, owner, OwnerStage.MISSING, true)),
                "reference-leaked");
        assertThat(AuditRules.judge(new OwnerFacts(owner, OwnerStage.OPEN, false, 0, 1))).isEmpty();
        assertThat(AuditRules.judge(new OwnerFacts(owner, OwnerStage.DOOMED, true, 2, 1)))
                .isEmpty();
        assertThat(AuditRules.judge(new OwnerFacts(owner, OwnerStage.COMMITTED, true, 2, 2)))
                .isEmpty();
        assertFound(
                AuditRules.judge(new OwnerFacts(owner, OwnerStage.COMMITTED, true, 2, 1)),
                "content-incomplete");
    }

    private static void assertFound(List<AuditFinding> findings, String what) {
        assertThat(findings).extracting(AuditFinding::what).containsExactly(what);
    }
}
