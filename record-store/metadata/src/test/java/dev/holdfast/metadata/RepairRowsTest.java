package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.CollectionWorld.Stored;
import dev.holdfast.metadata.RepairRows.PackRecord;
import dev.holdfast.metadata.RepairRows.Restored;
import dev.holdfast.model.PackId;
import dev.holdfast.model.wire.ChunkRef;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows that repair mends and keeps. */
class RepairRowsTest {
    private CollectionWorld world;
    private RepairStore repair;
    private WorkLease lease;
    private ChunkRef chunk;
    private Stored file;

    @BeforeEach
    void open() {
        world = new CollectionWorld();
        repair = new RepairStore(world.cell.records, world.cell.config);
        lease = world.lease("repair");
        chunk = world.newChunk();
        file = world.file(chunk);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private ChunkRow row() {
        return world.plain.packs().rows(List.of(chunk.hash())).getFirst();
    }

    private PackRecord record(long offset) {
        return new PackRecord(chunk.hash(), offset, chunk.length(), chunk.length(), 0);
    }

    @Test
    void aRowIsCorrectedOnlyFromExactlyWhatItSays() {
        PackId target = world.emptyPack();
        ChunkLocation before = row().location();
        assertThat(repair.rows().correct(lease, chunk.hash(), before, target, record(640)))
                .isTrue();
        assertThat(row().location().pack()).isEqualTo(target);
        assertThat(row().location().offset()).isEqualTo(640);
        assertThat(repair.rows().correct(lease, chunk.hash(), before, target, record(64)))
                .as("its generation is another one by now")
                .isFalse();
        assertThatThrownBy(() ->
                        repair.rows()
                                .correct(
                                        lease,
                                        chunk.hash(),
                                        row().location(),
                                        target,
                                        record(1_000_000)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noRowIsLedIntoAPackThatIsInTheTrash() {
        PackId target = world.emptyPack();
        assertThat(world.plain.packs().trash(lease, target)).isEqualTo(PackRows.Trashing.TRASHED);
        ChunkLocation before = row().location();
        assertThatThrownBy(() ->
                        repair.rows().correct(lease, chunk.hash(), before, target, record(64)))
                .isInstanceOf(PackFencedException.class);
        assertThat(row().location()).isEqualTo(before);
    }

    @Test
    void lostChunksAreCountedUntilTheyAreHealedInOneOfThreeWays() {
        assertThat(repair.rows().lostChunks(10)).isZero();
        assertThat(world.plain.losses().lose(chunk.hash(), row().location())).isTrue();
        assertThat(repair.rows().lostChunks(10)).isEqualTo(1);
        assertThat(world.plain.losses().found(chunk.hash(), row().location())).isTrue();
        assertThat(repair.rows().lostChunks(10)).isZero();

        world.plain.losses().lose(chunk.hash(), row().location());
        PackId target = world.emptyPack();
        assertThat(repair.rows().correct(lease, chunk.hash(), row().location(), target, record(64)))
                .isTrue();
        assertThat(row().condition()).isEqualTo(ChunkRow.Condition.LIVE);
        assertThat(repair.rows().lostChunks(10)).isZero();

        world.plain.losses().lose(chunk.hash(), row().location());
        world.file(chunk);
        assertThat(row().condition()).isEqualTo(ChunkRow.Condition.LIVE);
        assertThat(repair.rows().lostChunks(10)).isZero();
    }

    @Test
    void whatAPackHoldsGetsItsRowBack() {
        ChunkRef unknown = world.newChunk();
        PackId pack = PackId.random(world.cell.random);
        PackRecord other =
                new PackRecord(unknown.hash(), 64, unknown.length(), unknown.length(), 0);
        List<PackRecord> records = List.of(other, record(200));
        assertThat(repair.rows().restore(lease, pack, 10_000, records))
                .containsExactly(Restored.WRITTEN, Restored.ELSEWHERE);
        assertThat(repair.rows().restore(lease, pack, 10_000, records))
                .containsExactly(Restored.PRESENT, Restored.ELSEWHERE);
        world.plain.losses().lose(chunk.hash(), row().location());
        assertThat(repair.rows().restore(lease, pack, 10_000, records))
                .containsExactly(Restored.PRESENT, Restored.HEALED);
        assertThat(row().location().pack()).isEqualTo(pack);
        assertThat(world.plain.packs().pack(pack).orElseThrow().liveChunks()).isEqualTo(2);
        // Nothing references the one; the collection finds that out by itself.
        assertThat(world.plain.garbage().condemn(lease, List.of(unknown.hash())))
                .containsExactly(GarbageRows.Condemnation.CONDEMNED);
        assertThat(world.plain.garbage().condemn(lease, List.of(chunk.hash())))
                .containsExactly(GarbageRows.Condemnation.GONE);
        assertThat(repair.rows().namedPacks(null, 10)).containsExactly(pack);
    }

    @Test
    void aChunkNamesItsFilesByPath() {
        List<RepairRows.AffectedFile> files = repair.rows().affected(chunk.hash(), 10);
        assertThat(files).hasSize(1);
        assertThat(files.getFirst().path()).isEqualTo("/" + file.node().name());
        assertThat(files.getFirst().current()).isTrue();
        assertThat(files.getFirst().versions()).containsExactly(file.node().contentRev());
    }

    @Test
    void thePackThatWasNotReadForLongestComesFirst() {
        ScrubRows scrub = repair.scrub();
        int shard = ScrubRows.shard(file.pack());
        assertThat(scrub.enroll(world.plain.packs().atStage(PackStage.SEALED, null, 10)))
                .isEqualTo(1);
        assertThat(scrub.enroll(world.plain.packs().atStage(PackStage.SEALED, null, 10))).isZero();
        long now = world.cell.config.clock().millis();
        assertThat(scrub.due(shard, now, 10)).hasSize(1);
        assertThat(scrub.bytes(shard)).isPositive();
        scrub.verified(lease, file.pack(), now, now + 1_000, true, Set.of("lost"));
        assertThat(scrub.due(shard, now, 10)).isEmpty();
        assertThat(scrub.unverified(shard, now, 10)).isEmpty();
        assertThat(scrub.unverified(shard, now + 1, 10)).hasSize(1);
        assertThat(scrub.oldest(shard).orElseThrow().round()).isEqualTo(1);
        assertThat(scrub.trouble()).containsEntry("lost", 1L);
        scrub.urge(file.pack());
        assertThat(scrub.due(shard, now, 10)).hasSize(1);
        scrub.forget(lease, file.pack());
        assertThat(scrub.oldest(shard)).isEmpty();
        assertThat(scrub.trouble()).isEmpty();
    }
}
