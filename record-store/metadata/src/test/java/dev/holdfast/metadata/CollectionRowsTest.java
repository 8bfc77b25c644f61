package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.CollectionWorld.Stored;
import dev.holdfast.metadata.GarbageRows.Stage;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.wire.ChunkRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The collection's rows one after the other; what happens at once is tested by interleaving. */
class CollectionRowsTest {
    private CollectionWorld world;

    @BeforeEach
    void open() {
        world = new CollectionWorld();
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void aLeaseHasOneHolderUntilItRunsOut() {
        WorkLeases leases = world.plain.leases();
        WorkLease first = leases.acquire("work", "a", Duration.ofSeconds(10)).orElseThrow();
        assertThat(leases.acquire("work", "b", Duration.ofSeconds(10))).isEmpty();
        world.cell.pass(Duration.ofSeconds(9));
        leases.renew(first, Duration.ofSeconds(10));
        world.cell.pass(Duration.ofSeconds(9));
        assertThat(leases.acquire("work", "b", Duration.ofSeconds(10))).isEmpty();
        world.cell.pass(Duration.ofSeconds(1));
        WorkLease second = leases.acquire("work", "b", Duration.ofSeconds(10)).orElseThrow();
        assertThatThrownBy(() -> leases.renew(first, Duration.ofSeconds(10)))
                .isInstanceOf(LeaseLostException.class);
        leases.release(first);
        assertThat(leases.held()).extracting(WorkLeases.Held::holder).containsExactly("b");
        leases.release(second);
        assertThat(leases.held()).isEmpty();
    }

    @Test
    void candidatesArePagedOldestFirstWithoutAGap() {
        List<ChunkRef> chunks = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            chunks.add(world.newChunk());
        }
        Stored file = world.file(chunks.toArray(ChunkRef[]::new));
        world.purge(file);
        WorkLease lease = world.lease("work");
        CollectionWorld.releaseAll(world.plain, lease, file.content());
        int seen = 0;
        for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
            @Nullable GarbageCandidate last = null;
            List<GarbageCandidate> page;
            do {
                page =
                        world.plain
                                .garbage()
                                .candidates(
                                        Stage.UNREFERENCED, shard, CollectionWorld.FAR, last, 2);
                seen += page.size();
                last = page.isEmpty() ? null : page.getLast();
            } while (last != null);
        }
        assertThat(seen).isEqualTo(60);
        assertThat(world.candidates()).containsEntry(Stage.UNREFERENCED, 60L);
    }

    @Test
    void aLongContentIsReleasedInBoundedStepsWhateverItsLength() {
        List<ChunkRef> list = new ArrayList<>();
        for (int i = 0; i < 450; i++) {
            list.add(world.newChunk());
        }
        ContentId content = world.newContent();
        var upload = world.upload(world.device);
        world.declare(world.cell.store, world.device, upload, content, list);
        world.store(content, list.toArray(ChunkRef[]::new));
        Stored file =
                new Stored(world.device.done(world.create(content)), content, world.emptyPack());
        world.purge(file);
        WorkLease lease = world.lease("work");
        int steps = 0;
        int references = 0;
        GarbageRows.Released step;
        do {
            step = world.plain.garbage().release(lease, content);
            assertThat(step.references()).isLessThanOrEqualTo(200);
            references += step.references();
            steps++;
        } while (!step.finished() && steps < 100);
        assertThat(references).isEqualTo(450);
        assertThat(steps).isEqualTo(4);
        assertThat(world.owner(content)).isNull();
    }

    @Test
    void aChunkFoundAgainIsNotDroppedByAnOldVerdict() {
        ChunkRef chunk = world.newChunk();
        Stored file = world.file(chunk);
        world.purge(file);
        ChunkLocation location = world.row(chunk).orElseThrow().location();
        assertThat(world.plain.losses().lose(chunk.hash(), location)).isTrue();
        assertThat(world.plain.losses().lose(chunk.hash(), location)).isFalse();
        world.quiesceTo(chunk);
        ChunkRow lost = world.row(chunk).orElseThrow();
        assertThat(lost.condition()).isEqualTo(ChunkRow.Condition.LOST);
        List<GarbageCandidate> old = world.graces(chunk);
        assertThat(world.plain.losses().found(chunk.hash(), lost.location())).isTrue();
        WorkLease lease = world.lease("work");
        assertThat(world.plain.garbage().drop(lease, old))
                .containsExactly(GarbageRows.Dropping.CHANGED);
        assertThat(world.row(chunk)).isPresent();
        // Condemned anew it has a grace of its own, of which the old verdict says nothing.
        world.quiesceTo(chunk);
        assertThat(world.graces(chunk)).hasSize(1);
        assertThat(world.plain.garbage().drop(lease, old))
                .containsExactly(GarbageRows.Dropping.CHANGED);
        assertThat(world.row(chunk)).isPresent();
        world.quiesce();
        assertThat(world.row(chunk)).isEmpty();
    }
}
