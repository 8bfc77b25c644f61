package dev.holdfast.repair;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.PackId;
import dev.holdfast.repair.RepairWorld.Scrubbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keeps repair from making things worse; each test is of one guard. */
class GuardsTest {
    private static final int HEADER = 64;

    private RepairWorld world;
    private WatchedReplicas watched;
    private byte[] one;
    private byte[] two;

    @BeforeEach
    void open() throws Exception {
        world = new RepairWorld(SharedHdfs.get(), 77, SharedHdfs.DATA_NODES);
        watched = new WatchedReplicas(world.replicas);
        one = world.bytes(20_000);
        two = world.bytes(20_000);
        world.file("file", one, two);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private RepairWorker worker(PackReplicas replicas, RepairConfig config) {
        return new RepairWorker(world.tools(replicas, config), "worker", () -> 0);
    }

    private Scrubbed scrub(PackReplicas replicas) {
        try (RepairWorker worker = worker(replicas, world.repairConfig())) {
            return world.scrub(worker, true, true);
        }
    }

    /** Flips a byte of a chunk on the replica of one DataNode, so that HDFS does not notice. */
    private void flip(byte[] chunk, String node) throws Exception {
        ChunkLocation at = world.location(chunk);
        for (int index = 0; index < SharedHdfs.DATA_NODES; index++) {
            Path block = Damage.replica(world.hdfs, index, at.pack()).orElseThrow();
            if (Damage.node(world.hdfs, index).equals(node)) {
                Damage.flip(block, at.offset() + HEADER + 1_000, true);
            }
        }
    }

    private List<String> nodes() throws Exception {
        return world.replicas.locate(world.location(one).pack()).orElseThrow().replicas().stream()
                .map(PackReplicas.Replica::node)
                .toList();
    }

    @Test
    void transientErrorsNeverTriggerRepair() throws Exception {
        ChunkLocation before = world.location(one);
        watched.silent.addAll(nodes());
        Scrubbed scrubbed = scrub(watched);
        assertThat(scrubbed.causes()).containsExactly("unavailable");
        assertThat(scrubbed.result().remaining()).isEqualTo(1);
        assertThat(world.location(one)).isEqualTo(before);
        assertThat(world.row(one).condition()).isEqualTo(ChunkRow.Condition.LIVE);
        watched.silent.clear();
        assertThat(scrub(watched).findings()).isEmpty();
    }

    @Test
    void aSilentNodeMayHoldTheOnlyGoodCopy() throws Exception {
        List<String> nodes = nodes();
        flip(one, nodes.get(0));
        flip(one, nodes.get(1));
        watched.silent.add(nodes.get(2));
        Scrubbed scrubbed = scrub(watched);
        assertThat(scrubbed.causes()).containsExactly("unavailable");
        assertThat(world.row(one).condition()).isEqualTo(ChunkRow.Condition.LIVE);
        watched.silent.clear();
        assertThat(scrub(watched).result().remaining()).isZero();
        assertThat(world.row(one).condition()).isEqualTo(ChunkRow.Condition.LIVE);
    }

    @Test
    void aNodeThatIsAwayIsWaitedForAndGivenUpInTheEnd() throws Exception {
        assertThat(scrub(watched).findings()).isEmpty();
        List<String> nodes = nodes();
        flip(one, nodes.get(0));
        flip(one, nodes.get(1));
        watched.away.add(nodes.get(2));
        Scrubbed scrubbed = scrub(watched);
        assertThat(scrubbed.causes()).containsExactly("unavailable");
        assertThat(scrubbed.findings().getFirst().detail()).contains("is down");
        assertThat(world.row(one).condition()).isEqualTo(ChunkRow.Condition.LIVE);
        world.aheadMillis.addAndGet(Duration.ofDays(8).toMillis());
        assertThat(scrub(watched).result().lost()).isEqualTo(1);
        assertThat(world.row(one).condition()).isEqualTo(ChunkRow.Condition.LOST);
        // It comes back after all.
        watched.away.clear();
        scrub(watched);
        assertThat(world.row(one).condition()).isEqualTo(ChunkRow.Condition.LIVE);
    }

    @Test
    void aReplicaIsReportedOnlyAfterTheChunkLiesElsewhere() throws Exception {
        PackId before = world.location(one).pack();
        flip(one, nodes().get(0));
        List<PackId> atReport = new ArrayList<>();
        scrub(
                new WatchedReplicas(world.replicas) {
                    @Override
                    public void reportBad(Located located, Replica replica) {
                        atReport.add(world.location(one).pack());
                    }
                });
        assertThat(atReport).hasSize(1).doesNotContain(before);
    }

    @Test
    void noReplicaIsReportedWhenNoneThatStaysIsWhollyGood() throws Exception {
        List<String> nodes = nodes();
        byte[] three = world.bytes(10_000);
        world.file("other", three);
        flip(one, nodes.get(0));
        flip(two, nodes.get(1));
        flip(two, nodes.get(2));
        Scrubbed scrubbed = scrub(watched);
        assertThat(scrubbed.result().remaining()).isZero();
        assertThat(scrubbed.job().progress().counts()).doesNotContainKey("replicas_reported");
    }

    /**
     * HDFS would make good what is reported from a replica that nobody could read: the chunk's only
     * copy that is known to be good lies on the very replica that is damaged elsewhere.
     */
    @Test
    void noReplicaIsReportedWhileAChunkThatStaysWasReadWellFromItAlone() throws Exception {
        List<String> nodes = nodes();
        // Their table at the end is long enough to share no checksum with a chunk.
        byte[][] many = new byte[40][];
        for (int i = 0; i < many.length; i++) {
            many[i] = world.bytes(2_000);
        }
        world.file("many", many);
        ChunkLocation last = world.location(many[0]);
        for (int index = 0; index < SharedHdfs.DATA_NODES; index++) {
            if (Damage.node(world.hdfs, index).equals(nodes.get(0))) {
                Path block = Damage.replica(world.hdfs, index, last.pack()).orElseThrow();
                Damage.flip(block, Files.size(block) - 8, false);
            }
        }
        watched.silent.add(nodes.get(1));
        watched.silent.add(nodes.get(2));
        Scrubbed scrubbed = scrub(watched);
        assertThat(scrubbed.job().progress().counts()).doesNotContainKey("replicas_reported");
        assertThat(scrubbed.causes()).containsExactly("dead_bytes");
        assertThat(scrubbed.findings().getFirst().detail()).contains("read well from none");
        watched.silent.clear();
        assertThat(scrub(watched).job().progress().counts())
                .as("the others were read well")
                .containsEntry("replicas_reported", 1L);
    }

    /** A user's read that went wrong does not say which replica it was. */
    @Test
    void aPackThatIsUrgedIsReadAtOnceAndOnEveryReplica() throws Exception {
        try (RepairWorker worker = worker(watched, world.repairConfig())) {
            worker.sweep();
            ChunkLocation before = world.location(one);
            for (String node : nodes()) {
                flip(one, node);
            }
            worker.sweep();
            assertThat(world.row(one).condition())
                    .as("it is not due")
                    .isEqualTo(ChunkRow.Condition.LIVE);
            for (String node : nodes().subList(1, nodes().size())) {
                flip(one, node);
            }
            world.repair.scrub().urge(before.pack());
            assertThat(worker.status().trouble()).isEqualTo(Map.of("doubtful", 1L));
            worker.sweep();
            assertThat(world.location(one)).isNotEqualTo(before);
            assertThat(worker.status().trouble()).isEmpty();
        }
    }

    /** Otherwise mass damage costs the tables of all packs for each of them. */
    @Test
    void everyTableIsReadOnceHoweverManyPacksAreSearchedFor() throws Exception {
        List<byte[]> lost = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            byte[] chunk = world.bytes(30_000);
            world.file("gone" + i, chunk);
            lost.add(chunk);
        }
        for (byte[] chunk : lost) {
            for (Path block :
                    Damage.replicas(
                            world.hdfs, SharedHdfs.DATA_NODES, world.location(chunk).pack())) {
                Damage.flip(block, world.location(chunk).offset() + HEADER + 9, true);
            }
        }
        Map<PackId, Integer> read = new HashMap<>();
        Scrubbed scrubbed =
                scrub(
                        new WatchedReplicas(world.replicas) {
                            @Override
                            public Optional<PackId> identity(Located located, Replica replica)
                                    throws IOException {
                                read.merge(located.file(), 1, Integer::sum);
                                return super.identity(located, replica);
                            }
                        });
        assertThat(scrubbed.result().lost()).isEqualTo(8);
        assertThat(read).hasSize(9);
        PackId good = world.location(one).pack();
        assertThat(read.get(good)).as("reads of a table without them").isEqualTo(3);
    }

    private RepairConfig budgets(int packFaultsMax, int nodeFaultsMax) {
        RepairConfig usual = world.repairConfig();
        return new RepairConfig(
                usual.cycle(),
                usual.retryAfter(),
                usual.leaseLife(),
                usual.poll(),
                usual.bytesPerSecond(),
                usual.foregroundShare(),
                usual.runBytesMax(),
                usual.packBytes(),
                packFaultsMax,
                nodeFaultsMax,
                usual.nodeWindow(),
                usual.nodeGone(),
                usual.filesListedMax());
    }

    private List<Finding> routineFindings() {
        return world.rows.jobs().list(ScrubJob.KIND, 100).stream()
                .flatMap(job -> world.findings(job.id()).stream())
                .toList();
    }

    /** One machine whose disks lie is a person's case; what is bad on others is mended. */
    @Test
    void theErrorBudgetOfADataNodeStopsTheWorkerThereAndNowhereElse() throws Exception {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            chunks.add(world.bytes(20_000));
            world.file("more" + i, chunks.getLast());
        }
        List<String> nodes = nodes();
        for (byte[] chunk : chunks.subList(0, 3)) {
            flip(chunk, nodes.get(0));
        }
        byte[] other = chunks.get(3);
        flip(other, nodes.get(1));
        List<PackId> before = chunks.stream().map(chunk -> world.location(chunk).pack()).toList();
        try (RepairWorker worker = worker(watched, budgets(64, 2))) {
            worker.sweep();
            before.forEach(pack -> world.repair.scrub().urge(pack));
            worker.sweep();
            assertThat(world.location(other).pack()).isNotEqualTo(before.get(3));
            List<byte[]> waiting =
                    chunks.subList(0, 3).stream()
                            .filter(chunk -> before.contains(world.location(chunk).pack()))
                            .toList();
            assertThat(waiting).as("two are within the budget, the third is not").hasSize(1);
            assertThat(worker.status().trouble()).isEqualTo(Map.of("stopped", 1L));
            assertThat(routineFindings())
                    .filteredOn(f -> f.outcome().equals("stopped"))
                    .isNotEmpty()
                    .allSatisfy(f ->
                            assertThat(f.detail())
                                    .contains("3 chunks were bad on DataNode")
                                    .contains("look at its disks"));
            assertThat(world.scrub(worker, true, true).result().remaining()).isZero();
        }
    }

    /**
     * A pack that waits for a person is looked at every few minutes: it is bad once all the same.
     */
    @Test
    void aPackThatIsLookedAtAgainDoesNotUseUpTheBudgetOfItsDataNode() throws Exception {
        String node = nodes().get(0);
        flip(one, node);
        flip(two, node);
        byte[] other = world.bytes(20_000);
        world.file("other", other);
        RepairConfig strict = budgets(1, 3);
        ChunkLocation waiting = world.location(one);
        try (RepairWorker worker = worker(watched, strict)) {
            world.repair.scrub().urge(waiting.pack());
            for (int look = 0; look < 4; look++) {
                worker.sweep();
                world.aheadMillis.addAndGet(strict.retryAfter().toMillis() + 1);
            }
            assertThat(world.location(one)).as("its own budget is used up").isEqualTo(waiting);
            ChunkLocation before = world.location(other);
            flip(other, node);
            world.repair.scrub().urge(before.pack());
            worker.sweep();
            assertThat(world.location(other))
                    .as("2 + 1 are within the budget")
                    .isNotEqualTo(before);
        }
    }

    @Test
    void errorBudgetsStopTheWorkerButNotThePerson() throws Exception {
        flip(one, nodes().get(0));
        flip(two, nodes().get(0));
        RepairConfig usual = world.repairConfig();
        RepairConfig strict = budgets(1, usual.nodeFaultsMax());
        ChunkLocation before = world.location(one);
        try (RepairWorker worker = worker(watched, strict)) {
            // Every replica's turn comes.
            for (int turn = 0; turn < SharedHdfs.DATA_NODES; turn++) {
                worker.sweep();
                world.aheadMillis.addAndGet(usual.cycle().toMillis() + 1);
            }
            List<JobView> jobs = world.rows.jobs().list(ScrubJob.KIND, 10);
            assertThat(jobs).isNotEmpty();
            assertThat(world.findings(jobs.getLast().id()))
                    .isNotEmpty()
                    .allSatisfy(f -> assertThat(f.outcome()).isEqualTo("stopped"));
            assertThat(worker.status().trouble()).isEqualTo(Map.of("stopped", 1L));
            assertThat(world.location(one)).isEqualTo(before);
            assertThat(world.scrub(worker, true, true).result().remaining()).isZero();
            assertThat(world.location(one)).isNotEqualTo(before);
            assertThat(worker.status().trouble()).isEmpty();
        }
    }
}
