package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.chunk;
import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.VersionList;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * From a content nobody uses to a deleted pack, and what time does to versions, trash and changes.
 */
class LifecycleTest {
    private final TestCell cell = new TestCell(51);
    private final TestDevice ada = cell.account("ada");
    private final CollectionStore collection = cell.collection();

    @AfterEach
    void close() {
        cell.close();
    }

    private WorkLease lease() {
        return collection.leases().acquire("test", "test", Duration.ofDays(5_000)).orElseThrow();
    }

    /** Gives up what is due and drops its references; answers how many steps that took. */
    private int release() {
        GarbageRows garbage = collection.garbage();
        WorkLease lease = lease();
        long now = cell.nowMillis.get();
        int steps = 0;
        for (UploadId upload : garbage.expiredUploads(now, 100)) {
            while (!garbage.expireUpload(lease, upload, now)) {
                steps++;
            }
        }
        for (ContentId content : garbage.doomedContents(now, 100)) {
            do {
                steps++;
            } while (!garbage.release(lease, content).finished());
        }
        return steps;
    }

    private List<Sha256> candidates() {
        List<Sha256> candidates = new ArrayList<>();
        for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
            for (GarbageCandidate candidate :
                    collection
                            .garbage()
                            .candidates(
                                    GarbageRows.Stage.UNREFERENCED,
                                    shard,
                                    Long.MAX_VALUE,
                                    null,
                                    1_000)) {
                candidates.add(candidate.hash());
            }
        }
        return candidates;
    }

    @Test
    void whatAPurgeFreesBecomesACandidateUnlessItIsNeededElsewhere() {
        ada.file(ada.root, "kept", "shared", "kept");
        NodeState file = ada.file(ada.root, "f", "shared", "own");
        ada.done(ada.trashFile(file));
        assertThat(release()).as("the trash keeps its content").isZero();
        ada.apply(new Op.Purge(ada.next(), file.node()));
        assertThat(release()).isEqualTo(1);
        assertThat(candidates()).containsExactly(chunk("own").hash());
    }

    @Test
    void anUploadThatWasNotUsedForItsLeaseIsGivenUp() {
        ContentId content = ada.content("a");
        assertThat(release()).isZero();
        cell.pass(Duration.ofDays(8));
        assertThat(release()).isEqualTo(1);
        assertThat(
                        ada.code(
                                ada.createFile(
                                        ada.newNode(), ada.root, "f", content, OnConflict.REJECT)))
                .isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
        assertThat(candidates()).containsExactly(chunk("a").hash());
    }

    @Test
    void aLongContentIsReleasedInBoundedSteps() {
        List<ChunkRef> list = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            list.add(chunk("c" + i));
        }
        ContentId content = ContentId.random(cell.random);
        ok(
                cell.store
                        .uploads()
                        .declare(
                                ada.caller,
                                ada.upload(),
                                new Declaration(List.of(new ContentPart(content, 0, true, list)))));
        cell.store
                .chunks()
                .place(
                        cell.pack(),
                        list.stream().map(chunk -> cell.placed(content, chunk)).toList());
        ok(cell.store.uploads().abandon(ada.caller, ada.upload()));
        assertThat(release()).isBetween(3, 10);
        assertThat(candidates()).hasSize(500);
    }

    @Test
    void oldVersionsGoAndTheCurrentOneNever() {
        NodeState file = ada.file(ada.root, "f", "one");
        ada.done(ada.put(file.node(), 1, "two"));
        cell.pass(Duration.ofDays(60));
        ada.done(ada.put(file.node(), 2, "three"));
        assertThat(cell.store.upkeep().retain(10)).as("changes are forgotten first").isPositive();
        cell.pass(Duration.ofDays(31));
        cell.store.upkeep().retain(10);
        assertThat(ok(cell.store.nodes().versions(ada.caller, ada.ns, file.node())).versions())
                .extracting(VersionList.Entry::contentRev)
                .containsExactly(3L, 2L);
        assertThat(release()).isPositive();
        assertThat(candidates()).containsExactly(chunk("one").hash());
        cell.pass(Duration.ofDays(1_000));
        cell.store.upkeep().retain(10);
        assertThat(ok(cell.store.nodes().versions(ada.caller, ada.ns, file.node())).versions())
                .extracting(VersionList.Entry::contentRev)
                .containsExactly(3L);
    }

    @Test
    void theTrashIsEmptiedByPolicyAndDevicesAreTold() {
        NodeState folder = ada.folder(ada.root, "d");
        ada.file(folder.node(), "f", "a");
        ada.done(ada.trashFolder(folder.node(), ada.head()));
        cell.pass(Duration.ofDays(20));
        String head = ada.head();
        assertThat(cell.store.upkeep().retain(10)).isZero();
        cell.pass(Duration.ofDays(11));
        assertThat(cell.store.upkeep().retain(10)).isPositive();
        assertThat(cell.store.upkeep().runJobs(10)).isPositive();
        assertThat(ada.read(head, 10).entries())
                .extracting(ChangeEntry::kind)
                .containsExactly(ChangeKind.PURGED);
        assertThat(ok(cell.store.nodes().trash(ada.caller, ada.ns, null, 10)).nodes()).isEmpty();
        assertThat(ada.read(null, 10).entries()).isEmpty();
        assertThat(ok(cell.store.namespaces().get(ada.caller, ada.ns)).usedBytes()).isZero();
    }

    @Test
    void aCursorBelowTheFloorIsResetAndOneAtTheFloorIsNot() {
        String before = ada.head();
        ada.folder(ada.root, "a");
        String at = ada.head();
        cell.pass(Duration.ofDays(31));
        NodeState b = ada.folder(ada.root, "b");
        assertThat(cell.store.upkeep().retain(10)).isPositive();
        assertThat(refused(cell.store.feed().changes(ada.caller, ada.ns, before, 10)))
                .isEqualTo(ProblemCode.CURSOR_RESET);
        assertThat(ada.read(at, 10).entries())
                .containsExactly(new ChangeEntry(ChangeKind.CREATED, b, null));
        assertThat(ada.read(null, 10).entries()).hasSize(2);
    }

    @Test
    void whatABatchPutsIntoAFolderGoesWithTheFolderThatItPurges() {
        NodeState folder = ada.folder(ada.root, "folder");
        NodeState moved = ada.file(ada.root, "moved", "moved");
        String seen = ada.head();
        Op.CreateFile made =
                ada.createFile(
                        ada.newNode(),
                        folder.node(),
                        "made",
                        ada.content("made"),
                        OnConflict.REJECT);
        assertThat(
                        ada.apply(
                                made,
                                ada.move(moved, folder.node(), "moved"),
                                ada.trashFolder(folder.node(), seen),
                                new Op.Purge(ada.next(), folder.node())))
                .allMatch(OpResult::done);
        Jobs jobs = new Jobs(cell.records, cell.config);
        for (int i = 0; i < 10 && jobs.run(10) > 0; i++) {}
        assertThat(ada.read(null, 1_000).entries()).isEmpty();
        assertThat(ok(cell.store.namespaces().get(ada.caller, ada.ns)).usedBytes()).isZero();
        release();
        assertThat(candidates())
                .containsExactlyInAnyOrder(chunk("made").hash(), chunk("moved").hash());
    }

    @Test
    void aJobWhoseStepTheDatabaseRefusesForGoodHoldsNobodyUp() {
        AtomicBoolean refuse = new AtomicBoolean();
        Faults.Fault fault =
                new Faults.Fault(Faults.Fate.REFUSE, FdbError.TRANSACTION_TOO_LARGE, 0);
        TestDatabase place = TestDatabase.open(() -> refuse.getAndSet(false) ? fault : null);
        try (TestCell other = new TestCell(52, place)) {
            TestDevice bob = other.account("bob");
            for (int i = 0; i < 2; i++) {
                ByteString id = Bytes.of(bob.newNode());
                Job job =
                        Jobs.fresh(id, Purging.KIND, Bytes.of(bob.ns), other.nowMillis.get())
                                .setNode(id)
                                .build();
                other.records.write(t -> t.join(t.save(Schema.Type.JOB, job)));
            }
            refuse.set(true);
            other.store.upkeep().runJobs(10);
            assertThat(other.store.treeJobs().list(10))
                    .extracting(job -> job.state() + " " + (job.problem() != null))
                    .containsExactlyInAnyOrder("done false", "running true");
        }
    }

    @Test
    void theCensusCountsWhatAnOpenPackHolds() {
        ada.content("some bytes");
        long needed = 64L + 64L + "some bytes".length();
        Census census = collection.packs().census();
        assertThat(census.packBytes()).containsEntry(PackStage.OPEN, needed);
        assertThat(census.storedBytes()).isEqualTo(needed);
    }
}
