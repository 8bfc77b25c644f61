package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.chunk;
import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentHash;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.UploadState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Uploads, declarations, chunk rows and the commit of contents. */
class ContentsTest {
    private final TestCell cell = new TestCell(13);
    private final TestDevice ada = cell.account("ada");

    @AfterEach
    void close() {
        cell.close();
    }

    private ContentId id() {
        return ContentId.random(cell.random);
    }

    private List<Integer> missing(TestDevice device, ContentId content, ChunkRef... chunks) {
        return device.declare(content, List.of(chunks)).contents().getFirst().missing();
    }

    private Placement place(ContentId content, ChunkRef chunk) {
        return cell.store
                .chunks()
                .place(cell.pack(), List.of(cell.placed(content, chunk)))
                .getFirst();
    }

    private @Nullable ProblemCode create(TestDevice device, ContentId content) {
        return device.code(
                device.createFile(
                        device.newNode(),
                        device.root,
                        "f" + device.next(),
                        content,
                        OnConflict.REJECT));
    }

    @Test
    void aCommitRefusesAContentThatIsNotComplete() {
        ContentId content = id();
        assertThat(create(ada, content)).isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
        assertThat(missing(ada, content, chunk("a"), chunk("b"), chunk("a"))).containsExactly(0, 1);
        assertThat(create(ada, content)).isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
        assertThat(place(content, chunk("a"))).isEqualTo(Placement.PLACED);
        assertThat(create(ada, content)).isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
        assertThat(place(content, chunk("b"))).isEqualTo(Placement.PLACED);
        assertThat(create(ada, content)).isNull();
        assertThat(create(ada, content))
                .as("a content belongs to one node")
                .isEqualTo(ProblemCode.ID_REUSED);
    }

    @Test
    void aChunkTheContentDoesNotNameCountsForNothing() {
        ContentId content = id();
        missing(ada, content, chunk("a"), chunk("b"));
        place(content, chunk("a"));
        assertThat(place(content, chunk("x"))).isEqualTo(Placement.CONTENT_NOT_OPEN);
        ChunkRef liar = new ChunkRef(chunk("b").hash(), 77);
        assertThat(place(content, liar)).isEqualTo(Placement.CONTENT_NOT_OPEN);
        assertThat(create(ada, content)).isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
    }

    @Test
    void anEmptyFileIsAContentWithoutChunks() {
        ContentId content = id();
        assertThat(missing(ada, content)).isEmpty();
        assertThat(create(ada, content)).isNull();
    }

    @Test
    void aContentOfAnotherDeviceCannotBeCommitted() {
        TestDevice phone = ada.sibling("phone");
        ContentId content = ada.content("a");
        assertThat(create(phone, content)).isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
    }

    @Test
    void whatTheAccountHasAlreadyIsNotSentAgainAndOthersAreNotTold() {
        ada.file(ada.root, "f", "shared");
        assertThat(missing(ada.sibling("phone"), id(), chunk("shared"))).isEmpty();
        TestDevice bob = cell.account("bob");
        ContentId bobs = id();
        assertThat(missing(bob, bobs, chunk("shared")))
                .as("another account cannot ask what is here")
                .containsExactly(0);
        assertThat(place(bobs, chunk("shared")))
                .as("after it was sent it is stored once")
                .isEqualTo(Placement.ALREADY_STORED);
        assertThat(create(bob, bobs)).isNull();
        assertThat(missing(bob, id(), chunk("shared"))).isEmpty();
    }

    @Test
    void aDeclarationIsIdempotentAndItsListNeverChanges() {
        ContentId content = id();
        assertThat(missing(ada, content, chunk("a"), chunk("b"))).containsExactly(0, 1);
        place(content, chunk("a"));
        assertThat(missing(ada, content, chunk("a"), chunk("b"))).containsExactly(1);
        Answer<DeclarationResult> other =
                cell.store
                        .uploads()
                        .declare(
                                ada.caller,
                                ada.upload(),
                                new Declaration(
                                        List.of(
                                                new ContentPart(
                                                        content, 0, true, List.of(chunk("c"))))));
        assertThat(refused(other)).isEqualTo(ProblemCode.ID_REUSED);
        place(content, chunk("b"));
        assertThat(create(ada, content)).isNull();
        assertThat(missing(ada, content, chunk("a"), chunk("b")))
                .as("committed: nothing to send")
                .isEmpty();
    }

    @Test
    void theSameChunkOfTwoContentsIsStoredOnce() {
        ContentId one = id();
        ContentId two = id();
        missing(ada, one, chunk("a"));
        missing(ada, two, chunk("a"));
        List<Placement> placed =
                cell.store
                        .chunks()
                        .place(
                                cell.pack(),
                                List.of(
                                        cell.placed(one, chunk("a")),
                                        cell.placed(two, chunk("a"))));
        assertThat(placed).containsExactly(Placement.PLACED, Placement.ALREADY_STORED);
        assertThat(create(ada, one)).isNull();
        assertThat(create(ada, two)).isNull();
    }

    @Test
    void aGroupThatIsPlacedAgainAnswersAlike() {
        ContentId content = id();
        missing(ada, content, chunk("a"));
        PlacedChunk record = cell.placed(content, chunk("a"));
        assertThat(cell.store.chunks().place(cell.pack(), List.of(record)))
                .containsExactly(Placement.PLACED);
        assertThat(cell.store.chunks().place(cell.pack(), List.of(record)))
                .containsExactly(Placement.PLACED);
        assertThat(cell.store.chunks().locate(List.of(record.hash())).values())
                .extracting(ChunkLocation::offset)
                .containsExactly(record.offset());
    }

    @Test
    void aFencedWriterPlacesNothing() {
        ContentId content = id();
        missing(ada, content, chunk("a"));
        PackWriterLease mine = cell.pack();
        assertThat(cell.store.chunks().openPacks())
                .extracting(OpenPack::pack)
                .containsExactly(mine.pack());
        PackWriterLease janitor = cell.store.chunks().raiseEpoch(mine.pack());
        assertThatThrownBy(() -> place(content, chunk("a")))
                .isInstanceOf(PackFencedException.class);
        assertThatThrownBy(() -> cell.store.chunks().sealPack(mine, 100))
                .isInstanceOf(PackFencedException.class);
        assertThat(cell.store.chunks().locate(List.of(chunk("a").hash()))).isEmpty();
        cell.store.chunks().sealPack(janitor, 0);
        cell.store.chunks().sealPack(janitor, 0);
        assertThat(cell.store.chunks().openPacks()).isEmpty();
        assertThatThrownBy(() -> cell.store.chunks().raiseEpoch(mine.pack()))
                .isInstanceOf(PackFencedException.class);
    }

    @Test
    void aPackIsNeverSealedBelowAChunkThatLiesInIt() {
        ContentId content = id();
        missing(ada, content, chunk("a"));
        PlacedChunk record = cell.placed(content, chunk("a"));
        cell.store.chunks().place(cell.pack(), List.of(record));
        // A record is its header of 64 bytes, which the offset is that of, and its payload.
        long end = record.offset() + 64 + record.storedLength();
        assertThat(cell.store.chunks().openPacks())
                .extracting(OpenPack::highestEnd)
                .containsExactly(end);
        assertThatThrownBy(() -> cell.store.chunks().sealPack(cell.pack(), end - 1))
                .isInstanceOf(IllegalArgumentException.class);
        cell.store.chunks().sealPack(cell.pack(), end);
        assertThat(cell.store.chunks().openPacks()).isEmpty();
    }

    @Test
    void aLongContentIsDeclaredInParts() {
        List<ChunkRef> list = new ArrayList<>();
        for (int i = 0; i < 2_345; i++) {
            list.add(
                    new ChunkRef(
                            chunk("c" + (i % 2_300)).hash(), chunk("c" + (i % 2_300)).length()));
        }
        ContentId content = id();
        List<PlacedChunk> send = new ArrayList<>();
        for (int part = 0; part < 3; part++) {
            ContentPart declared = part(content, list, part);
            DeclarationResult result =
                    ok(
                            cell.store
                                    .uploads()
                                    .declare(
                                            ada.caller,
                                            ada.upload(),
                                            new Declaration(List.of(declared))));
            for (int position : result.contents().getFirst().missing()) {
                send.add(cell.placed(content, declared.chunks().get(position)));
            }
            assertThat(create(ada, content)).isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
        }
        PlacedChunk last = send.remove(1_500);
        cell.store.chunks().place(cell.pack(), send);
        assertThat(create(ada, content)).isEqualTo(ProblemCode.CONTENT_INCOMPLETE);
        cell.store.chunks().place(cell.pack(), List.of(last));
        NodeState file =
                ada.done(
                        ada.createFile(ada.newNode(), ada.root, "big", content, OnConflict.REJECT));
        assertThat(file.chunkCount()).isEqualTo(2_345);
        assertThat(file.contentHash()).isEqualTo(ContentHash.of(list));
        assertThat(file.size()).isEqualTo(list.stream().mapToLong(ChunkRef::length).sum());
        Manifest manifest =
                ok(cell.store.nodes().manifest(ada.caller, ada.ns, file.node(), null, 990, 1_000));
        assertThat(manifest.chunks()).isEqualTo(list.subList(990, 1_990));
        assertThat(manifest.next()).isEqualTo(1_990);
        ChunkReadRequest.Address address = new ChunkReadRequest.Address(file.node(), 1, 2_344);
        assertThat(
                        ok(ok(cell.store.nodes().chunks(ada.caller, ada.ns, List.of(address)))
                                        .getFirst())
                                .hash())
                .isEqualTo(list.getLast().hash());
    }

    private static ContentPart part(ContentId content, List<ChunkRef> list, int part) {
        int from = part * Limits.PART_CHUNKS_MAX;
        int end = Math.min(list.size(), from + Limits.PART_CHUNKS_MAX);
        return new ContentPart(content, part, end == list.size(), list.subList(from, end));
    }

    @Test
    void partsComeInOrder() {
        List<ChunkRef> list = new ArrayList<>();
        for (int i = 0; i < 1_100; i++) {
            list.add(chunk("c" + i));
        }
        ContentId content = id();
        Answer<DeclarationResult> early =
                cell.store
                        .uploads()
                        .declare(
                                ada.caller,
                                ada.upload(),
                                new Declaration(List.of(part(content, list, 1))));
        assertThat(refused(early)).isEqualTo(ProblemCode.INVALID);
    }

    @Test
    void aLostChunkHealsWithTheNextUploadOfIt() {
        NodeState file = ada.file(ada.root, "f", "a");
        lose(chunk("a"));
        ChunkReadRequest.Address address = new ChunkReadRequest.Address(file.node(), 1, 0);
        assertThat(
                        refused(
                                ok(cell.store.nodes().chunks(ada.caller, ada.ns, List.of(address)))
                                        .getFirst()))
                .isEqualTo(ProblemCode.CHUNK_LOST);
        ContentId again = id();
        assertThat(missing(ada, again, chunk("a"))).as("have it? no").containsExactly(0);
        assertThat(place(again, chunk("a"))).isEqualTo(Placement.PLACED);
        ok(ok(cell.store.nodes().chunks(ada.caller, ada.ns, List.of(address))).getFirst());
    }

    private void lose(ChunkRef chunk) {
        cell.records.write(transaction -> {
            Chunk row =
                    transaction
                            .get(Chunk.class, Schema.Type.CHUNK, Bytes.of(chunk.hash()))
                            .orElseThrow();
            return transaction.join(
                    transaction.save(
                            Schema.Type.CHUNK, row.toBuilder().setState(ChunkState.LOST).build()));
        });
    }

    @Test
    void anUploadIsIdempotentRenewedByUseAndAbandoned() {
        UploadStart start = new UploadStart(UploadId.random(cell.random), ada.ns, 5);
        UploadState state = ok(cell.store.uploads().begin(ada.caller, start));
        assertThat(ok(cell.store.uploads().begin(ada.caller, start))).isEqualTo(state);
        assertThat(
                        refused(
                                cell.store
                                        .uploads()
                                        .begin(
                                                ada.caller,
                                                new UploadStart(start.upload(), ada.ns, 6))))
                .isEqualTo(ProblemCode.ID_REUSED);
        cell.pass(Duration.ofDays(2));
        UploadState renewed = ok(cell.store.uploads().renew(ada.caller, start.upload()));
        assertThat(renewed.expiresAtMillis())
                .isEqualTo(cell.nowMillis.get() + Duration.ofDays(7).toMillis());
        TestDevice phone = ada.sibling("phone");
        assertThat(refused(cell.store.uploads().renew(phone.caller, start.upload())))
                .isEqualTo(ProblemCode.UPLOAD_EXPIRED);
        ok(cell.store.uploads().abandon(ada.caller, start.upload()));
        ok(cell.store.uploads().abandon(ada.caller, start.upload()));
        assertThat(refused(cell.store.uploads().renew(ada.caller, start.upload())))
                .isEqualTo(ProblemCode.UPLOAD_EXPIRED);
    }

    @Test
    void anAbandonedContentReceivesNothingAndCannotBeCommitted() {
        ContentId content = id();
        missing(ada, content, chunk("a"));
        assertThat(
                        ok(
                                cell.store
                                        .uploads()
                                        .authorize(
                                                ada.caller, ada.upload(), Set.of(content, id()))))
                .containsExactly(content);
        ok(cell.store.uploads().abandon(ada.caller, ada.upload()));
        assertThat(place(content, chunk("a"))).isEqualTo(Placement.CONTENT_NOT_OPEN);
        assertThat(create(ada, content)).isEqualTo(ProblemCode.UPLOAD_EXPIRED);
        assertThat(ok(cell.store.namespaces().get(ada.caller, ada.ns)).usedBytes()).isZero();
    }

    @Test
    void theQuotaHoldsForWhatIsDeclared() {
        TestDevice bob = cell.device(ok(cell.store.accounts().create("bob", 10)), "laptop");
        assertThat(
                        refused(
                                cell.store
                                        .uploads()
                                        .begin(
                                                bob.caller,
                                                new UploadStart(
                                                        UploadId.random(cell.random), bob.ns, 11))))
                .isEqualTo(ProblemCode.QUOTA_EXCEEDED);
        bob.file(bob.root, "f", "12345678");
        Declaration more =
                new Declaration(List.of(new ContentPart(id(), 0, true, List.of(chunk("abc")))));
        assertThat(refused(cell.store.uploads().declare(bob.caller, bob.upload(), more)))
                .isEqualTo(ProblemCode.QUOTA_EXCEEDED);
        bob.file(bob.root, "g", "12");
    }
}
