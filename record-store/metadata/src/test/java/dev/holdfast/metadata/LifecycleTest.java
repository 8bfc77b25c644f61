package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.chunk;
import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.ChunkLifecycle.Condemned;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.VersionList;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * From a content nobody uses to a deleted pack, and what time does to versions, trash and changes.
 */
class LifecycleTest {
    private final TestCell cell = new TestCell(51);
    private final TestDevice ada = cell.account("ada");
    private final ChunkLifecycle lifecycle = cell.store.lifecycle();

    @AfterEach
    void close() {
        cell.close();
    }

    private List<Sha256> candidates() {
        return lifecycle.candidates(null, Long.MAX_VALUE, 100);
    }

    @Test
    void whatAPurgeFreesGoesAllTheWayToADeletedPack() {
        NodeState kept = ada.file(ada.root, "kept", "shared", "kept");
        NodeState file = ada.file(ada.root, "f", "shared", "own");
        ada.done(ada.trashFile(file));
        assertThat(lifecycle.releaseDoomed(10)).as("the trash keeps its content").isZero();
        ada.apply(new Op.Purge(ada.next(), file.node()));
        assertThat(lifecycle.releaseDoomed(10)).isEqualTo(1);
        assertThat(candidates()).containsExactly(chunk("own").hash());

        Sha256 own = chunk("own").hash();
        assertThat(lifecycle.condemn(own)).isEqualTo(Condemned.CONDEMNED);
        assertThat(lifecycle.condemn(own)).isEqualTo(Condemned.CONDEMNED);
        assertThat(lifecycle.drop(own, cell.nowMillis.get() - 1)).as("within the grace").isFalse();
        assertThat(lifecycle.drop(own, cell.nowMillis.get())).isTrue();
        assertThat(lifecycle.drop(own, cell.nowMillis.get())).isFalse();
        assertThat(lifecycle.condemn(own)).isEqualTo(Condemned.ABSENT);
        assertThat(lifecycle.condemn(chunk("shared").hash())).isEqualTo(Condemned.REFERENCED);
        assertThat(candidates()).isEmpty();

        PackWriterLease old = cell.pack();
        cell.store.chunks().sealPack(old, 1 << 20);
        assertThat(lifecycle.compactionCandidates(null, 10)).containsExactly(old.pack());
        assertThat(lifecycle.trashPack(old.pack())).as("chunks lie in it").isFalse();
        PackWriterLease target = cell.store.chunks().beginPack();
        cell.store.chunks().sealPack(target, 1 << 20);
        for (ChunkLifecycle.ChunkView view : lifecycle.chunksOf(old.pack(), 0, 10)) {
            ChunkLocation from = view.location();
            ChunkLocation to =
                    new ChunkLocation(
                            target.pack(),
                            from.offset(),
                            from.plainLength(),
                            from.storedLength(),
                            from.codec(),
                            0);
            assertThat(lifecycle.move(view.hash(), from, to)).isTrue();
            assertThat(lifecycle.move(view.hash(), from, to)).as("only from there").isFalse();
        }
        assertThat(lifecycle.trashPack(old.pack())).isTrue();
        assertThat(lifecycle.beginDelete(old.pack(), cell.nowMillis.get() - 1)).isFalse();
        assertThat(lifecycle.forgetPack(old.pack())).isFalse();
        assertThat(lifecycle.beginDelete(old.pack(), cell.nowMillis.get())).isTrue();
        assertThat(lifecycle.forgetPack(old.pack())).isTrue();
        assertThat(lifecycle.packs(null, 10))
                .extracting(ChunkLifecycle.PackView::pack)
                .containsExactly(target.pack());
        assertThat(ada.stat(kept.node())).isEqualTo(kept);
    }

    @Test
    void aCondemnedChunkThatIsWantedAgainLives() {
        NodeState file = ada.file(ada.root, "f", "a");
        ada.done(ada.trashFile(file));
        ada.apply(new Op.Purge(ada.next(), file.node()));
        lifecycle.releaseDoomed(10);
        assertThat(lifecycle.condemn(chunk("a").hash())).isEqualTo(Condemned.CONDEMNED);
        ada.file(ada.root, "g", "a");
        assertThat(lifecycle.drop(chunk("a").hash(), Long.MAX_VALUE)).isFalse();
        assertThat(lifecycle.condemn(chunk("a").hash())).isEqualTo(Condemned.REFERENCED);
    }

    @Test
    void anUploadThatWasNotUsedForItsLeaseIsGivenUp() {
        ContentId content = ada.content("a");
        assertThat(lifecycle.expireUploads(10)).isZero();
        cell.pass(Duration.ofDays(8));
        assertThat(lifecycle.expireUploads(10)).isEqualTo(1);
        assertThat(
                        ada.code(
                                ada.createFile(
                                        ada.newNode(), ada.root, "f", content, OnConflict.REJECT)))
                .isEqualTo(ProblemCode.UPLOAD_EXPIRED);
        assertThat(lifecycle.releaseDoomed(10)).isEqualTo(1);
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
        assertThat(lifecycle.releaseDoomed(100)).isBetween(4, 10);
        assertThat(lifecycle.candidates(null, Long.MAX_VALUE, 1_000)).hasSize(500);
    }

    @Test
    void aLostChunkIsFoundAgainOnlyWhereItWas() {
        ada.file(ada.root, "f", "a");
        Sha256 hash = chunk("a").hash();
        ChunkLocation at =
                Objects.requireNonNull(cell.store.chunks().locate(List.of(hash)).get(hash));
        assertThat(lifecycle.lose(hash, at)).isTrue();
        assertThat(lifecycle.lose(hash, at)).isFalse();
        assertThat(cell.store.chunks().locate(List.of(hash))).isEmpty();
        assertThat(lifecycle.found(hash, at)).as("another generation").isFalse();
        ChunkLocation lost = lifecycle.chunksOf(at.pack(), 0, 10).getFirst().location();
        assertThat(lifecycle.found(hash, lost)).isTrue();
        assertThat(cell.store.chunks().locate(List.of(hash))).containsKey(hash);
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
        lifecycle.releaseDoomed(10);
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
}
