package dev.holdfast.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.ScrubRows;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The worker by itself, jobs that are taken over, and the index that is written again. */
class WorkerTest {
    /** Not an exception that anything in the worker would handle. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private RepairWorld world;
    private final List<byte[]> chunks = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        world = new RepairWorld(SharedHdfs.get(), 99, SharedHdfs.DATA_NODES);
        try (ChunkStore store = world.openStore()) {
            for (int i = 0; i < 8; i++) {
                byte[] chunk = world.bytes(60_000);
                chunks.add(chunk);
                world.file(store, "file" + i, chunk);
            }
        }
    }

    @AfterEach
    void close() {
        world.close();
    }

    private void flipOne(byte[] chunk, boolean everywhere) throws Exception {
        List<Path> all = Damage.replicas(world.hdfs, 3, world.location(chunk).pack());
        for (Path replica : everywhere ? all : all.subList(0, 1)) {
            Damage.flip(replica, world.location(chunk).offset() + 64 + 9, true);
        }
    }

    @Test
    void theWorkerReadsEveryReplicaInTurnAndMendsWhatItFinds() throws Exception {
        byte[] victim = chunks.getFirst();
        PackId before = world.location(victim).pack();
        flipOne(victim, false);
        try (RepairWorker worker = world.worker()) {
            for (int turn = 0; turn < 3; turn++) {
                worker.sweep();
                world.aheadMillis.addAndGet(Duration.ofDays(14).toMillis() + 1);
            }
            assertThat(world.location(victim).pack()).isNotEqualTo(before);
            assertThat(worker.meter().scannedBytes()).isGreaterThan(3 * 8 * 60_000L);
            RepairWorker.Status status = worker.status();
            assertThat(status.trouble()).isEmpty();
            assertThat(status.lostChunks()).isZero();
            assertThat(status.oldestAgeMillis()).isPositive();
            assertThat(status.cycleMillis()).isPositive();
        }
        List<JobView> jobs = world.rows.jobs().list(ScrubJob.KIND, 10);
        assertThat(jobs).as("only what was found leaves a job").hasSize(1);
        assertThat(jobs.getFirst().state()).isEqualTo(BackgroundJobs.State.DONE);
    }

    @Test
    void aHealthyStoreLeavesNoJobAndIsNotReadAgainBeforeItsTime() {
        try (RepairWorker worker = world.worker()) {
            worker.sweep();
            long once = worker.meter().scannedBytes();
            assertThat(once).isPositive();
            worker.sweep();
            assertThat(worker.meter().scannedBytes()).isEqualTo(once);
        }
        assertThat(world.rows.jobs().list(ScrubJob.KIND, 10)).isEmpty();
    }

    @Test
    void aJobOfADeadWorkerGoesOnWhereItWas() throws Exception {
        Set<PackId> packs = new HashSet<>();
        chunks.forEach(chunk -> packs.add(world.location(chunk).pack()));
        flipOne(chunks.getFirst(), false);
        flipOne(chunks.getLast(), true);
        ScrubRequest request = new ScrubRequest(true, true, null, false);
        Id128 id = RepairWorld.ok(world.rows.jobs().submit(ScrubJob.KIND, request.json()));
        Set<PackId> readByFirst = new HashSet<>();
        WatchedReplicas dying =
                new WatchedReplicas(world.replicas) {
                    @Override
                    public Optional<Located> locate(PackId file) throws IOException {
                        readByFirst.add(file);
                        if (readByFirst.size() == 3) {
                            // As if the process ended here: nothing is given back.
                            throw new Killed();
                        }
                        return super.locate(file);
                    }
                };
        try (RepairWorker first =
                new RepairWorker(world.tools(dying, world.repairConfig()), "first", () -> 0)) {
            assertThatThrownBy(first::runOne).isInstanceOf(Killed.class);
        }
        assertThat(world.rows.jobs().get(id).orElseThrow().state())
                .isEqualTo(BackgroundJobs.State.RUNNING);
        world.aheadMillis.addAndGet(TimeUnit.MINUTES.toMillis(2));
        try (RepairWorker second = new RepairWorker(world.tools(), "second", () -> 0)) {
            assertThat(second.runOne()).isTrue();
        }
        RepairWorld.Scrubbed scrubbed = world.scrubbed(id);
        assertThat(scrubbed.result().packs())
                .as("none is read twice; the count of the one before the end may be lost")
                .isBetween((long) packs.size() - 1, (long) packs.size() + 1);
        assertThat(scrubbed.result().lost()).isEqualTo(1);
        assertThat(scrubbed.result().remaining()).isEqualTo(1);
        assertThat(scrubbed.causes()).contains("bad_replica", "lost");
        assertThat(world.row(chunks.getLast()).condition()).isEqualTo(ChunkRow.Condition.LOST);
        try (ChunkStore store = world.openStore()) {
            assertThat(world.read(store, chunks.getFirst())).isEqualTo(chunks.getFirst());
        }
    }

    @Test
    void theIndexIsWrittenAgainFromThePacksAlone() throws Exception {
        flipOne(chunks.get(3), true);
        world.dropIndex();
        assertThat(world.rows.packs().rows(chunks.stream().map(Sha256::hash).toList())).isEmpty();
        Id128 id =
                RepairWorld.ok(world.rows.jobs().submit(IndexRebuild.KIND, IndexRebuild.REQUEST));
        try (RepairWorker worker = world.worker()) {
            assertThat(worker.runOne()).isTrue();
        }
        JobView job = world.rows.jobs().get(id).orElseThrow();
        assertThat(job.state()).as("%s", job.problem()).isEqualTo(BackgroundJobs.State.DONE);
        assertThat(job.progress().counts())
                .containsEntry("rows_written", 7L)
                .containsEntry("files_whole", 7L)
                .containsEntry("files_broken", 1L);
        List<String> broken = new ArrayList<>();
        for (BackgroundJobs.Finding finding : world.rows.jobs().findings(id, 0, 1_000)) {
            IndexRebuild.FileLine line =
                    WireJson.mapper().readValue(finding.text(), IndexRebuild.FileLine.class);
            if (!line.whole()) {
                broken.add(line.path());
            }
        }
        assertThat(broken).containsExactly("/file3");
        try (ChunkStore store = world.openStore()) {
            for (int i = 0; i < chunks.size(); i++) {
                if (i != 3) {
                    assertThat(world.read(store, chunks.get(i))).isEqualTo(chunks.get(i));
                }
            }
        }
        // Once more changes nothing; the file comes back with the next upload of its bytes.
        world.file("again", chunks.get(3));
        Id128 twice =
                RepairWorld.ok(world.rows.jobs().submit(IndexRebuild.KIND, IndexRebuild.REQUEST));
        try (RepairWorker worker = world.worker()) {
            assertThat(worker.runOne()).isTrue();
        }
        assertThat(world.rows.jobs().get(twice).orElseThrow().progress().counts())
                .containsEntry("files_whole", 9L)
                .doesNotContainKey("files_broken");
    }

    @Test
    void twoWorkersShareTheShards() throws Exception {
        WorkLease held =
                world.rows
                        .leases()
                        .acquire(
                                String.format(
                                        "scrub/%02d",
                                        ScrubRows.shard(world.location(chunks.getFirst()).pack())),
                                "another",
                                Duration.ofMinutes(5))
                        .orElseThrow();
        flipOne(chunks.getFirst(), true);
        try (RepairWorker worker = world.worker()) {
            worker.sweep();
            assertThat(world.row(chunks.getFirst()).condition())
                    .as("another worker has its shard")
                    .isEqualTo(ChunkRow.Condition.LIVE);
            world.rows.leases().release(held);
            worker.sweep();
        }
        assertThat(world.row(chunks.getFirst()).condition()).isEqualTo(ChunkRow.Condition.LOST);
    }

    @Test
    void whatIsReadOfAPackThatIsBeingWrittenIsCounted() throws Exception {
        ScrubJob.Result before = world.scrub(false, false).result();
        try (ChunkStore store = world.openStore()) {
            world.file(store, "growing", world.bytes(30_000), world.bytes(20_000));
            RepairWorld.Scrubbed scrubbed = world.scrub(false, false);
            assertThat(scrubbed.result().packs()).isEqualTo(before.packs() + 1);
            assertThat(scrubbed.result().bytes()).isEqualTo(before.bytes() + 50_000 + 2 * 64);
        }
    }

    @Test
    void uploadsGoOnMeanwhileAndPacksBeingWrittenAreLeftAlone() throws Exception {
        flipOne(chunks.getFirst(), false);
        List<byte[]> later = new ArrayList<>();
        AtomicBoolean over = new AtomicBoolean();
        try (ChunkStore store = world.openStore();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> uploads =
                    threads.submit(() -> {
                        for (int i = 0; i < 200 && !over.get(); i++) {
                            byte[] chunk = world.bytes(30_000);
                            world.file(store, "later" + i, chunk);
                            later.add(chunk);
                        }
                        return later;
                    });
            for (int round = 0; round < 3; round++) {
                RepairWorld.Scrubbed scrubbed = world.scrub(true, true);
                assertThat(scrubbed.result().remaining()).as("%s", scrubbed.findings()).isZero();
            }
            over.set(true);
            uploads.get(60, TimeUnit.SECONDS);
            assertThat(later).isNotEmpty();
            for (byte[] chunk : later) {
                assertThat(world.read(store, chunk)).isEqualTo(chunk);
            }
            for (byte[] chunk : chunks) {
                assertThat(world.read(store, chunk)).isEqualTo(chunk);
            }
        }
    }
}
