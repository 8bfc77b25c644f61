package dev.holdfast.repair;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.HdfsPackReplicas;
import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.model.PackId;
import dev.holdfast.repair.RepairWorld.Scrubbed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.server.datanode.DataNodeFaultInjector;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DataNodes of a real HDFS that are slow, hang, or are stopped and come back. */
class NodesTest {
    private static final int NODES = 3;
    private static final int ANSWER_WAIT_MILLIS = 1_500;

    /** How long a slow DataNode takes for each read: long, but within the client's patience. */
    private static final long SLOW_MILLIS = 400;

    @TempDir private Path directory;
    private @Nullable EmbeddedHdfs hdfs;
    private @Nullable RepairWorld world;

    /** What reads of the troubled DataNode wait for. */
    private final Semaphore gate = new Semaphore(0);

    private volatile long gateMillis;
    private final AtomicInteger delayed = new AtomicInteger();

    @AfterEach
    void close() {
        gate.release(1_000);
        DataNodeFaultInjector.set(new DataNodeFaultInjector());
        if (world != null) {
            world.close();
        }
        if (hdfs != null) {
            hdfs.close();
        }
    }

    private EmbeddedHdfs start() throws IOException {
        EmbeddedHdfs started = EmbeddedHdfs.start(directory, NODES, NODES);
        hdfs = started;
        return started;
    }

    private static HdfsPackReplicas impatient(EmbeddedHdfs hdfs, RepairWorld world) {
        Configuration configuration = hdfs.configuration();
        configuration.setInt("dfs.client.socket-timeout", ANSWER_WAIT_MILLIS);
        return HdfsPackReplicas.open(hdfs.uri(), configuration, world.chunkConfig);
    }

    /** Reads of one DataNode, which are held up in the DataNode itself. */
    private final class Troubled extends WatchedReplicas {
        private final String node;

        Troubled(PackReplicas real, String node) {
            super(real);
            this.node = node;
            DataNodeFaultInjector.set(
                    new DataNodeFaultInjector() {
                        @Override
                        public void delayGetMetaDataInputStream() {
                            hold();
                        }
                    });
        }

        @Override
        public Read read(Located located, Replica replica, long offset, int length) {
            gateMillis = replica.node().equals(node) ? gateMillisWanted : 0;
            try {
                return super.read(located, replica, offset, length);
            } finally {
                gateMillis = 0;
            }
        }

        @Override
        public Stream stream(Located located, Replica replica, long offset, long length)
                throws IOException {
            gateMillis = replica.node().equals(node) ? gateMillisWanted : 0;
            try {
                return super.stream(located, replica, offset, length);
            } finally {
                gateMillis = 0;
            }
        }
    }

    private volatile long gateMillisWanted;

    private void hold() {
        long millis = gateMillis;
        if (millis == 0) {
            return;
        }
        delayed.incrementAndGet();
        try {
            if (gate.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
                gate.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Scrubbed scrub(RepairWorld in, PackReplicas replicas) {
        try (RepairWorker worker =
                new RepairWorker(in.tools(replicas, in.repairConfig()), "worker", () -> 0)) {
            return in.scrub(worker, true, true);
        }
    }

    private static String firstNode(RepairWorld world, byte[] chunk) throws IOException {
        return world.replicas
                .locate(world.location(chunk).pack())
                .orElseThrow()
                .replicas()
                .getFirst()
                .node();
    }

    @Test
    void aSlowDataNodeIsReadAndOneThatHangsIsNoReasonForRepair() throws Exception {
        EmbeddedHdfs running = start();
        RepairWorld here = new RepairWorld(running, 31, NODES);
        world = here;
        byte[] chunk = here.bytes(20_000);
        here.file("file", chunk, here.bytes(20_000));
        ChunkLocation before = here.location(chunk);
        try (HdfsPackReplicas real = impatient(running, here)) {
            Troubled troubled = new Troubled(real, firstNode(here, chunk));
            gateMillisWanted = SLOW_MILLIS;
            assertThat(scrub(here, troubled).findings()).as("slow is well").isEmpty();
            assertThat(delayed.get()).as("reads that were held up").isPositive();

            gateMillisWanted = TimeUnit.MINUTES.toMillis(1);
            Scrubbed hanging = scrub(here, troubled);
            assertThat(hanging.causes()).isEmpty();
            assertThat(hanging.result().lost()).isZero();
            assertThat(here.location(chunk)).isEqualTo(before);
            assertThat(here.row(chunk).condition()).isEqualTo(ChunkRow.Condition.LIVE);

            // What the others have is bad: now everything hangs on the one that does.
            for (int index = 0; index < NODES; index++) {
                Path replica = Damage.replica(running, index, before.pack()).orElseThrow();
                if (!Damage.node(running, index).equals(troubled.node)) {
                    Damage.flip(replica, before.offset() + 64 + 99, true);
                }
            }
            Scrubbed undecided = scrub(here, troubled);
            assertThat(undecided.causes()).containsExactly("unavailable");
            assertThat(here.row(chunk).condition()).isEqualTo(ChunkRow.Condition.LIVE);

            gateMillisWanted = 0;
            gate.release();
            Scrubbed healed = scrub(here, troubled);
            assertThat(healed.result().remaining()).isZero();
            assertThat(healed.result().repaired()).isPositive();
            assertThat(here.location(chunk).pack()).isNotEqualTo(before.pack());
        }
        try (ChunkStore store = here.openStore()) {
            assertThat(here.read(store, chunk)).isEqualTo(chunk);
        }
    }

    @Test
    void aStoppedDataNodeIsWaitedForAndItsCopyMendsTheOthersWhenItIsBack() throws Exception {
        EmbeddedHdfs first = start();
        RepairWorld here = new RepairWorld(first, 32, NODES);
        world = here;
        byte[] chunk = here.bytes(20_000);
        here.file("file", chunk, here.bytes(20_000));
        assertThat(scrub(here, here.replicas).findings()).isEmpty();
        ChunkLocation before = here.location(chunk);
        PackId pack = before.pack();
        for (int index = 0; index < NODES - 1; index++) {
            Damage.flip(
                    Damage.replica(first, index, pack).orElseThrow(),
                    before.offset() + 64 + 99,
                    true);
        }
        first.stopDataNode(NODES - 1);
        Scrubbed away = scrub(here, here.replicas);
        assertThat(away.causes()).containsExactly("unavailable");
        assertThat(here.row(chunk).condition()).isEqualTo(ChunkRow.Condition.LIVE);
        assertThat(here.location(chunk)).isEqualTo(before);

        first.close();
        EmbeddedHdfs second = start();
        try (HdfsPackReplicas back =
                HdfsPackReplicas.open(second.uri(), second.configuration(), here.chunkConfig)) {
            Scrubbed healed = scrub(here, back);
            assertThat(healed.result().remaining()).as("%s", healed.findings()).isZero();
            assertThat(here.location(chunk).pack()).isNotEqualTo(pack);
        }
        try (ChunkStore store =
                ChunkStore.open(
                        second.uri(),
                        second.configuration(),
                        here.metadata.chunks(),
                        here.chunkConfig)) {
            assertThat(here.read(store, chunk)).isEqualTo(chunk);
        }
    }
}
