package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.chunk;
import static dev.holdfast.metadata.TestCell.ok;
import static java.util.Comparator.comparing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Done;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Each read on which a promise rests, made to matter: a rival commits after the transaction has
 * read and before it commits. Where the read is serializable the transaction runs again and sees
 * the rival; at snapshot both would succeed. What a transaction reads and then saves, the owner of
 * T4, the name of a create, is read twice: the save reads it, too.
 */
class LoadBearingReadsTest {
    private final TestCell cell = new TestCell(41);
    private final TestDevice ada = cell.account("ada");

    @AfterEach
    void close() {
        assertThat(cell.beforeCommit.get()).as("the rival really ran").isNull();
        assertThat(cell.beforeClock.get()).as("the rival really ran").isNull();
        cell.close();
    }

    private void rival(Runnable rival) {
        cell.beforeCommit.set(rival);
    }

    private ContentId declared(ChunkRef... chunks) {
        ContentId content = ContentId.random(cell.random);
        ada.declare(content, List.of(chunks));
        return content;
    }

    private Placement place(ContentId content, ChunkRef chunk) {
        return cell.store
                .chunks()
                .place(cell.pack(), List.of(cell.placed(content, chunk)))
                .getFirst();
    }

    @Test
    void t2ReadsTheOwnerAgainstT5() {
        ContentId content = declared(chunk("a"));
        // Made now: it draws randomness, and the rival must not come before T2 begins.
        cell.pack();
        rival(() -> ok(cell.store.uploads().abandon(ada.caller, ada.upload())));
        assertThat(place(content, chunk("a"))).isEqualTo(Placement.CONTENT_NOT_OPEN);
        assertThat(cell.store.chunks().locate(List.of(chunk("a").hash()))).isEmpty();
    }

    @Test
    void t2ReadsThePackAgainstT11() {
        ContentId content = declared(chunk("a"));
        PackWriterLease mine = cell.pack();
        rival(() -> cell.store.chunks().raiseEpoch(mine.pack()));
        assertThatThrownBy(() -> place(content, chunk("a")))
                .isInstanceOf(PackFencedException.class);
        assertThat(cell.store.chunks().locate(List.of(chunk("a").hash()))).isEmpty();
    }

    @Test
    void t4ReadsTheOwnerAgainstT5() {
        ContentId content = ada.content("a");
        Op op = ada.createFile(ada.newNode(), ada.root, "f", content, OnConflict.REJECT);
        rival(() -> ok(cell.store.uploads().abandon(ada.caller, ada.upload())));
        assertThat(ada.code(op)).isEqualTo(ProblemCode.UPLOAD_EXPIRED);
    }

    /** More contents of one upload than one step of its end dooms. */
    private Set<ContentId> many(ChunkRef... chunks) {
        Set<ContentId> contents = new HashSet<>();
        for (int i = 0; i < 250; i++) {
            contents.add(declared(chunks));
        }
        return contents;
    }

    private static WorkLease lease(CollectionStore collection) {
        return collection.leases().acquire("test", "test", Duration.ofHours(1)).orElseThrow();
    }

    private Optional<Owner> owner(ContentId content) {
        return cell.records.read(
                transaction -> transaction.get(Owner.class, Schema.Type.OWNER, Bytes.of(content)));
    }

    /** A reference without its content would keep the chunk for ever. */
    @Test
    void t3ReadsTheOwnerAgainstT5() {
        ContentId content =
                many(chunk("a")).stream().min(comparing(ContentId::toString)).orElseThrow();
        ada.file(ada.root, "a hit from now on", "a");
        cell.pass(Duration.ofDays(8));
        GarbageRows garbage = cell.collection().garbage();
        WorkLease lease = lease(cell.collection());
        cell.beforeClock.set(() -> {
            // Not the upload, which the declaration reads, too: it has more contents.
            assertThat(garbage.expireUpload(lease, ada.upload(), cell.nowMillis.get())).isFalse();
            assertThat(garbage.release(lease, content).finished()).isTrue();
        });
        ada.declare(content, List.of(chunk("a")));
        assertThat(owner(content)).as("declared anew").isPresent();
    }

    /** One step dooms some contents and leaves the upload itself alone: only its read tells. */
    @Test
    void t5ReadsTheUploadAgainstItsRenewal() {
        Set<ContentId> contents = many();
        cell.pass(Duration.ofDays(8));
        CollectionStore collection = cell.collection();
        WorkLease lease = lease(collection);
        cell.beforeClock.set(() -> ok(cell.store.uploads().renew(ada.caller, ada.upload())));
        assertThat(collection.garbage().expireUpload(lease, ada.upload(), cell.nowMillis.get()))
                .as("nothing to do, for it was renewed")
                .isTrue();
        assertThat(ok(cell.store.uploads().authorize(ada.caller, ada.upload(), contents)))
                .isEqualTo(contents);
    }

    @Test
    void t5ReadsTheContentsOfItsUploadAgainstADeclaration() {
        ContentId content = ContentId.random(cell.random);
        UploadId upload = ada.upload();
        cell.beforeClock.set(() -> ada.declare(content, List.of(chunk("a"))));
        ok(cell.store.uploads().abandon(ada.caller, upload));
        assertThat(owner(content).map(Owner::getState))
                .as("ended with its upload")
                .contains(OwnerState.DOOMED);
    }

    @Test
    void aPutReadsAllAncestorsAgainstATrash() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState low = ada.folder(ada.folder(top.node(), "middle").node(), "low");
        Op put = new Op.CreateFolder(ada.next(), ada.newNode(), low.node(), "late");
        Op trash = ada.trashFolder(top.node(), ada.head());
        rival(() -> assertThat(ada.code(trash)).isNull());
        assertThat(ada.code(put)).isEqualTo(ProblemCode.GONE);
    }

    @Test
    void aTrashReadsTheHeadAgainstAnEditBelow() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState low = ada.folder(ada.folder(top.node(), "middle").node(), "low");
        TestDevice phone = ada.sibling("phone");
        Op edit = new Op.CreateFolder(phone.next(), phone.newNode(), low.node(), "new");
        Op trash = ada.trashFolder(top.node(), ada.head());
        rival(() -> assertThat(phone.code(edit)).isNull());
        assertThat(ada.code(trash)).isEqualTo(ProblemCode.UNSEEN_CHANGES);
    }

    @Test
    void aMoveReadsTheTargetsAncestorsAgainstAMove() {
        NodeState a = ada.folder(ada.root, "a");
        NodeState b = ada.folder(ada.root, "b");
        NodeState below = ada.folder(b.node(), "below");
        Op one = ada.move(a, below.node(), "a");
        Op two = ada.move(b, a.node(), "b");
        rival(() -> assertThat(ada.code(two)).isNull());
        assertThat(ada.code(one)).isEqualTo(ProblemCode.CYCLE);
    }

    @Test
    void aCreateReadsTheNameAgainstACreate() {
        Op one = new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "n");
        Op two = new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "n");
        rival(() -> assertThat(ada.code(two)).isNull());
        assertThat(ada.code(one)).isEqualTo(ProblemCode.NAME_TAKEN);
    }

    @Test
    void everyOperationReadsTheDeviceAgainstItsRevocation() {
        // Found by its token the first time, by a guess of its row ever after.
        for (boolean known : new boolean[] {false, true}) {
            TestDevice phone = ada.sibling("phone");
            if (known) {
                phone.folder(phone.root, "known");
            }
            assertOut(
                    phone,
                    () -> cell.store.accounts().revoke(ada.caller, phone.registered.device()));
        }
    }

    @Test
    void everyOperationReadsTheAccountAgainstItsDisabling() {
        for (boolean known : new boolean[] {false, true}) {
            TestDevice phone = ada.sibling("phone");
            if (known) {
                phone.folder(phone.root, "known");
            }
            assertOut(phone, () -> cell.store.accounts().disable("ada"));
            ok(cell.store.accounts().enable("ada"));
        }
    }

    private void assertOut(TestDevice device, Supplier<Answer<Done>> rival) {
        Op op = new Op.CreateFolder(device.next(), device.newNode(), device.root, "n");
        rival(() -> ok(rival.get()));
        assertThat(
                        TestCell.refused(
                                cell.store
                                        .nodes()
                                        .apply(
                                                device.caller,
                                                device.ns,
                                                new OpBatch(0, List.of(op)))))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        assertThat(cell.beforeCommit.get()).as("the rival really ran").isNull();
    }

    @Test
    void anOperationReadsItsResultAgainstItsOwnRetry() {
        Op op = new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "n");
        String head = ada.head();
        rival(() -> assertThat(ada.code(op)).isNull());
        assertThat(ada.code(op)).isNull();
        assertThat(ada.read(head, 10).entries()).hasSize(1);
    }

    @Test
    void anOperationReadsTheCellAgainstANewIncarnation() {
        String seen = ada.head();
        Op op = ada.move(ada.folder(ada.root, "a"), ada.root, "b");
        rival(() -> cell.store.upkeep().raiseIncarnation());
        assertThat(ada.codes(seen, op)).containsExactly(ProblemCode.CURSOR_RESET);
    }

    /**
     * The other request's run of sequences begins elsewhere, so that the two save different rows.
     */
    @Test
    void anOperationReadsTheResultsFromItsOwnAgainstAnotherUnderItsSequence() {
        Op first = new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "first");
        long sequence = ada.next();
        Op one = new Op.CreateFolder(sequence, ada.newNode(), ada.root, "one");
        Op other = new Op.CreateFolder(sequence, ada.newNode(), ada.root, "other");
        rival(() -> assertThat(ada.code(other)).isNull());
        assertThat(ada.apply(first, one))
                .extracting(OpResult::code)
                .containsExactly(null, ProblemCode.OP_MISMATCH);
    }

    @Test
    void anOperationReadsTheResultsBeforeItsOwnAgainstAnotherUnderItsSequence() {
        Op first = new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "first");
        long sequence = ada.next();
        Op one = new Op.CreateFolder(sequence, ada.newNode(), ada.root, "one");
        Op other = new Op.CreateFolder(sequence, ada.newNode(), ada.root, "other");
        rival(() ->
                assertThat(ada.apply(first, other)).extracting(OpResult::code).containsOnlyNulls());
        assertThat(ada.code(one)).isEqualTo(ProblemCode.OP_MISMATCH);
    }

    @Test
    void aRestoredVersionReadsItsOwnerAgainstRetention() {
        NodeState file = ada.file(ada.root, "f", "one");
        ada.done(ada.put(file.node(), 1, "two"));
        cell.pass(Duration.ofDays(100));
        Op restore = new Op.RestoreVersion(ada.next(), file.node(), 1, 2);
        rival(() -> assertThat(cell.store.upkeep().retain(10)).isPositive());
        assertThat(ada.code(restore)).isEqualTo(ProblemCode.NOT_FOUND);
    }
}
