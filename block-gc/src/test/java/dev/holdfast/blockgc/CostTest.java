package dev.holdfast.blockgc;

import static dev.holdfast.blockgc.GcWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.model.wire.NodeState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The collection costs what the garbage costs, however much is alive. */
class CostTest {
    private static final Logger log = LoggerFactory.getLogger(CostTest.class);
    private static final int CHUNKS_PER_FILE = 60;

    /** What a run cost. */
    private record Cost(long reads, long commits) {}

    @Test
    void aRunReadsAsMuchWithTenTimesTheLiveChunks() {
        Cost few = cost(420);
        Cost many = cost(4_200);
        // The garbage's hashes fall into a shard more or less.
        assertThat(many.reads()).isCloseTo(few.reads(), withinPercentage(3));
        assertThat(many.commits()).isCloseTo(few.commits(), withinPercentage(5));
    }

    private static Cost cost(int liveChunks) {
        try (GcWorld world = new GcWorld(5)) {
            for (int i = 0; i < liveChunks; i += CHUNKS_PER_FILE) {
                file(world);
            }
            NodeState dying = file(world);
            world.collect(NOW);
            CountedReads counted = new CountedReads(world.engine);
            Collector collector =
                    new Collector(
                            CollectionStore.open(
                                    new EmbeddedFdbDatabaseFactory(counted.database())
                                            .getDatabase(),
                                    world.config),
                            world.metadata.chunks(),
                            world.packs,
                            Retention.NONE,
                            GcWorld.CONFIG,
                            world.clock,
                            GcWorld.NO_WAIT);
            world.purge(dying);
            long start = System.nanoTime();
            GcReport report = collector.run(NOW, "measured");
            long micros = (System.nanoTime() - start) / 1_000;
            assertThat(report.counts())
                    .containsEntry("chunks_dropped", (long) CHUNKS_PER_FILE)
                    .containsEntry("packs_deleted", 1L);
            log.info(
                    "{} live chunks, {} garbage chunks: {} reads, {} commits, {} us",
                    liveChunks,
                    CHUNKS_PER_FILE,
                    counted.reads,
                    counted.commits,
                    micros);
            return new Cost(counted.reads.get(), counted.commits.get());
        }
    }

    private static NodeState file(GcWorld world) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < CHUNKS_PER_FILE; i++) {
            chunks.add(world.bytes(3_000));
        }
        return world.file(chunks.toArray(byte[][]::new));
    }
}
