package dev.holdfast.repair;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.repair.RepairWorld.Scrubbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each kind of damage by itself: what is found, what is mended, what is left alone. */
class RepairTest {
    private static final int HEADER = 64;

    private RepairWorld world;
    private byte[] victim;
    private byte[] bystander;

    @BeforeEach
    void open() throws Exception {
        world = new RepairWorld(SharedHdfs.get(), 5, SharedHdfs.DATA_NODES);
        victim = world.bytes(20_000);
        bystander = world.bytes(20_000);
        world.file("victim", victim, bystander);
        assertThat(world.location(victim).pack()).isEqualTo(world.location(bystander).pack());
    }

    @AfterEach
    void close() {
        world.close();
    }

    private List<Path> replicas(byte[] chunk) throws Exception {
        return Damage.replicas(world.hdfs, 3, world.location(chunk).pack());
    }

    private void flip(Path replica, byte[] chunk, int inPayload, boolean fix) throws Exception {
        Damage.flip(replica, world.location(chunk).offset() + HEADER + inPayload, fix);
    }

    private void assertBothRead() {
        try (ChunkStore store = world.openStore()) {
            assertThat(world.read(store, victim)).isEqualTo(victim);
            assertThat(world.read(store, bystander)).isEqualTo(bystander);
        }
    }

    @Test
    void aHealthyStoreHasNoFindings() {
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.findings()).isEmpty();
        assertThat(scrubbed.result().packs()).isEqualTo(1);
    }

    @Test
    void aReplicaThatHdfsBelievesIsCopiedAwayFromAndReported() throws Exception {
        List<Path> all = replicas(victim);
        assertThat(all).hasSize(3);
        flip(all.get(1), victim, 5_000, true);
        ChunkLocation before = world.location(victim);
        ChunkLocation other = world.location(bystander);

        Scrubbed dry = world.scrub(true, false);
        assertThat(dry.causes()).containsExactly("bad_replica");
        assertThat(dry.findings().getFirst().outcome()).isEqualTo("would_repair");
        assertThat(world.location(victim)).isEqualTo(before);

        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("bad_replica");
        Finding finding = scrubbed.findings().getFirst();
        assertThat(finding.outcome()).isEqualTo("repaired");
        assertThat(finding.hash()).isEqualTo(Sha256.hash(victim).toString());
        assertThat(finding.files())
                .singleElement()
                .satisfies(file -> {
                    assertThat(file.path()).isEqualTo("/victim");
                    assertThat(file.current()).isTrue();
                });
        assertThat(scrubbed.job().progress().counts()).containsEntry("replicas_reported", 1L);
        assertThat(world.location(victim).pack()).isNotEqualTo(before.pack());
        assertThat(world.location(bystander)).isEqualTo(other);
        assertBothRead();
        assertThat(world.scrub(true, true).findings()).isEmpty();
    }

    @Test
    void aReplicaThatHdfsDisbelievesIsRepairedToo() throws Exception {
        flip(replicas(victim).get(0), victim, 5_000, false);
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("bad_replica");
        assertThat(scrubbed.result().remaining()).isZero();
        assertBothRead();
    }

    @Test
    void wrongChecksumsDoNotMakeGoodBytesBad() throws Exception {
        for (Path replica : replicas(victim)) {
            Damage.breakChecksum(replica, world.location(victim).offset() + HEADER + 5_000);
        }
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsOnly("bad_checksums").hasSize(3);
        assertThat(scrubbed.result().remaining()).isZero();
        assertBothRead();
    }

    @Test
    void aDamagedHeaderLosesNothing() throws Exception {
        for (Path replica : replicas(victim)) {
            flip(replica, victim, -30, true);
        }
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsOnly("bad_replica").hasSize(3);
        assertThat(scrubbed.result().remaining()).isZero();
        assertBothRead();
    }

    @Test
    void aChunkThatIsBadEverywhereIsLostAndItsPackKept() throws Exception {
        List<Path> all = replicas(victim);
        for (Path replica : all) {
            flip(replica, victim, 100, true);
        }
        flip(all.get(0), bystander, 100, true);
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("bad_replica", "lost");
        assertThat(scrubbed.result().lost()).isEqualTo(1);
        assertThat(world.row(victim).condition()).isEqualTo(ChunkRow.Condition.LOST);
        assertThat(scrubbed.job().progress().counts())
                .as("a pack with a lost chunk keeps whatever it has")
                .doesNotContainKey("replicas_reported");
        assertThat(world.repair.rows().lostChunks(10)).isEqualTo(1);
        try (ChunkStore store = world.openStore()) {
            assertThat(world.read(store, bystander)).isEqualTo(bystander);
        }
        // The same bytes, from anyone, in any file.
        world.file("again", victim);
        assertThat(world.row(victim).condition()).isEqualTo(ChunkRow.Condition.LIVE);
        assertThat(world.repair.rows().lostChunks(10)).isZero();
        assertBothRead();
        assertThat(world.scrub(true, true).result().remaining()).isZero();
    }

    @Test
    void aLostChunkThatReadsWellAgainIsFound() throws Exception {
        List<Path> all = replicas(victim);
        for (Path replica : all) {
            flip(replica, victim, 100, true);
        }
        assertThat(world.scrub(true, true).result().lost()).isEqualTo(1);
        for (Path replica : all) {
            flip(replica, victim, 100, true);
        }
        Scrubbed scrubbed = world.scrub(false, true);
        assertThat(scrubbed.causes()).containsExactly("found");
        assertThat(scrubbed.result().remaining()).isZero();
        assertBothRead();
    }

    @Test
    void aTruncatedReplicaIsRepaired() throws Exception {
        Damage.truncate(replicas(victim).get(2), world.location(bystander).offset() + 1_000);
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.result().found()).isPositive();
        assertThat(scrubbed.result().remaining()).isZero();
        assertBothRead();
    }

    @Test
    void aDeletedReplicaIsLeftToHdfs() throws Exception {
        Damage.delete(replicas(victim).get(0));
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("missing_replica");
        assertThat(scrubbed.result().remaining()).isZero();
        assertBothRead();
    }

    @Test
    void aDeletedPackIsLostChunkByChunk() throws Exception {
        try (FileSystem files = world.files()) {
            files.delete(world.file(world.location(victim).pack()), false);
        }
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("lost", "lost");
        assertThat(scrubbed.findings())
                .allSatisfy(finding -> {
                    assertThat(finding.files())
                            .singleElement()
                            .satisfies(file -> {
                                assertThat(file.path()).isEqualTo("/victim");
                            });
                });
    }

    @Test
    void swappedPacksAreSortedOut() throws Exception {
        byte[] second = world.bytes(30_000);
        world.file("second", second);
        PackId a = world.location(victim).pack();
        PackId b = world.location(second).pack();
        assertThat(a).isNotEqualTo(b);
        try (FileSystem files = world.files()) {
            org.apache.hadoop.fs.Path aside =
                    new org.apache.hadoop.fs.Path(world.chunkConfig.root() + "/aside");
            assertThat(files.rename(world.file(a), aside)).isTrue();
            assertThat(files.rename(world.file(b), world.file(a))).isTrue();
            assertThat(files.rename(aside, world.file(b))).isTrue();
        }
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("old_copy", "old_copy", "old_copy");
        assertThat(scrubbed.result().remaining()).isZero();
        assertBothRead();
        try (ChunkStore store = world.openStore()) {
            assertThat(world.read(store, second)).isEqualTo(second);
        }
    }

    @Test
    void aRowWithAWrongOffsetIsCorrected() throws Exception {
        ChunkLocation good = world.location(bystander);
        world.misplace(bystander, good.pack(), world.location(victim).offset());
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("index_fault");
        assertThat(scrubbed.result().remaining()).isZero();
        assertThat(world.location(bystander).offset()).isEqualTo(good.offset());
        assertBothRead();
    }

    @Test
    void aRowWithAWrongPackIsCorrected() throws Exception {
        byte[] second = world.bytes(30_000);
        world.file("second", second);
        PackId good = world.location(victim).pack();
        world.misplace(victim, world.location(second).pack(), 64);
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("index_fault");
        assertThat(world.location(victim).pack()).isEqualTo(good);
        assertBothRead();
    }

    @Test
    void aRowInAPackThatIsInTheTrashIsLedOutOfIt() throws Exception {
        PackId old = world.location(victim).pack();
        byte[] second = world.bytes(30_000);
        world.file("second", second);
        PackId elsewhere = world.location(second).pack();
        world.misplace(victim, elsewhere, 64);
        world.misplace(bystander, elsewhere, 64);
        WorkLease lease =
                world.rows.leases().acquire("trash", "test", Duration.ofMinutes(1)).orElseThrow();
        assertThat(world.rows.packs().trash(lease, old)).isEqualTo(PackRows.Trashing.TRASHED);
        Scrubbed scrubbed = world.scrub(true, true);
        assertThat(scrubbed.causes()).containsExactly("old_copy", "old_copy");
        assertThat(scrubbed.result().remaining()).isZero();
        assertThat(world.location(victim).pack()).isNotIn(old, elsewhere);
        assertBothRead();
    }
}
