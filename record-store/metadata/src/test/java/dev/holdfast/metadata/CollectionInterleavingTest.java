package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;

import dev.holdfast.metadata.CollectionWorld.Stored;
import dev.holdfast.metadata.Schedules.Start;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.UploadState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** T2, T3 and T4 against T5, T6 and T7. */
class CollectionInterleavingTest extends InterleavingCase {
    // T5 against T5

    private Start twoReleases() {
        ChunkRef chunk = world.newChunk();
        Stored one = world.file(chunk);
        Stored two = world.file(chunk);
        world.purge(one);
        world.purge(two);
        WorkLease first = world.lease("first");
        WorkLease second = world.lease("second");
        return new Start(
                actors(
                        "one",
                        () -> world.collector.garbage().release(first, one.content()),
                        "two",
                        () -> world.collector.garbage().release(second, two.content())),
                () -> {
                    world.quiesce();
                    return world.row(chunk).isPresent() ? "a chunk nobody needs stays" : null;
                });
    }

    @Test
    void oneOfTwoContentsThatDropTheLastReferencesLeavesTheCandidate() {
        schedules.hold(this::twoReleases);
    }

    @Test
    void releaseReadsOtherReferencesSerializably() {
        schedules.breakWith(
                this::twoReleases,
                weak("one", world.records(Schema.Type.REF)),
                weak("two", world.records(Schema.Type.REF)));
    }

    // T3 against T5, T6, T7

    private Start pinAndCollect() {
        ChunkRef chunk = world.newChunk();
        Stored file = world.file(chunk);
        world.purge(file);
        WorkLease lease = world.lease("collect");
        ContentId content = world.newContent();
        UploadId upload = world.upload(world.device);
        AtomicReference<List<Integer>> missing = new AtomicReference<>();
        return new Start(
                actors(
                        "pin",
                        () ->
                                missing.set(
                                        world.declare(
                                                world.acting,
                                                world.device,
                                                upload,
                                                content,
                                                List.of(chunk))),
                        "collect",
                        () -> world.collect(world.collector, lease, file.content(), chunk)),
                () -> {
                    String broken = world.broken(chunk);
                    boolean hit = Objects.requireNonNull(missing.get()).isEmpty();
                    if (broken == null && hit != (world.references(chunk).size() == 1)) {
                        return "the answer is not what the rows say";
                    }
                    return broken;
                });
    }

    @Test
    void aDedupeHitAndACollectionOfTheSameChunkExcludeEachOther() {
        schedules.hold(this::pinAndCollect);
    }

    @Test
    void condemnReadsAllReferencesSerializably() {
        schedules.breakWith(this::pinAndCollect, weak("collect", world.records(Schema.Type.REF)));
    }

    @Test
    void aDedupeHitReadsTheChunkSerializably() {
        schedules.breakWith(this::pinAndCollect, weak("pin", world.records(Schema.Type.CHUNK)));
    }

    // T2 against T5, T6, T7

    private Start putAndCollect() {
        ChunkRef chunk = world.newChunk();
        Stored file = world.file(chunk);
        world.purge(file);
        WorkLease lease = world.lease("collect");
        ContentId content = world.newContent();
        UploadId upload = world.upload(world.stranger);
        world.declare(world.cell.store, world.stranger, upload, content, List.of(chunk));
        PackWriterLease pack = world.cell.store.chunks().beginPack();
        return new Start(
                actors(
                        "put",
                        () -> CollectionWorld.place(world.acting, pack, content, chunk),
                        "collect",
                        () -> world.collect(world.collector, lease, file.content(), chunk)),
                () ->
                        world.row(chunk).isEmpty() || world.references(chunk).size() != 1
                                ? "a chunk that was acknowledged is gone"
                                : world.broken(chunk));
    }

    @Test
    void aChunkThatIsPutAgainWhileItIsCollectedStays() {
        schedules.hold(this::putAndCollect);
    }

    @Test
    void putReadsTheChunkSerializably() {
        schedules.breakWith(this::putAndCollect, weak("put", world.records(Schema.Type.CHUNK)));
    }

    @Test
    void dropReadsReferencesOrTheChunkSerializably() {
        schedules.breakWith(
                this::putAndCollect,
                weak("collect", world.records(Schema.Type.REF), world.records(Schema.Type.CHUNK)));
    }

    // T2 against T5 of the same content

    private Start putAndExpire() {
        ChunkRef chunk = world.newChunk();
        ContentId content = world.newContent();
        UploadId upload = world.upload(world.device);
        world.declare(world.cell.store, world.device, upload, content, List.of(chunk));
        PackWriterLease pack = world.cell.store.chunks().beginPack();
        world.cell.pass(Duration.ofDays(8));
        WorkLease lease = world.lease("expire");
        long now = world.cell.nowMillis.get();
        return new Start(
                actors(
                        "put",
                        () -> CollectionWorld.place(world.acting, pack, content, chunk),
                        "expire",
                        () -> {
                            world.collector.garbage().expireUpload(lease, upload, now);
                            world.collector.garbage().release(lease, content);
                        }),
                () -> {
                    world.quiesce();
                    return world.row(chunk).isPresent() || !world.references(chunk).isEmpty()
                            ? "a chunk of an expired upload stays"
                            : null;
                });
    }

    @Test
    void noChunkOfAnExpiredUploadStays() {
        schedules.hold(this::putAndExpire);
    }

    @Test
    void putReadsTheContentSerializably() {
        schedules.breakWith(this::putAndExpire, weak("put", world.records(Schema.Type.OWNER)));
    }

    // T3 against T5 of the same upload

    private Start declareAndExpire() {
        ChunkRef chunk = world.newChunk();
        world.file(chunk);
        ContentId content = world.newContent();
        UploadId upload = world.upload(world.device);
        world.cell.pass(Duration.ofDays(8));
        WorkLease lease = world.lease("expire");
        long now = world.cell.nowMillis.get();
        return new Start(
                actors(
                        "declare",
                        () ->
                                world.acting
                                        .uploads()
                                        .declare(
                                                world.device.caller,
                                                upload,
                                                CollectionWorld.declaration(content, chunk)),
                        "expire",
                        () -> world.collector.garbage().expireUpload(lease, upload, now)),
                () ->
                        world.owner(content) == OwnerState.OPEN && !world.exists(upload)
                                ? "an open content without an upload"
                                : null);
    }

    @Test
    void noContentStaysOpenWithoutItsUpload() {
        schedules.hold(this::declareAndExpire);
    }

    @Test
    void expiryReadsTheUploadOrItsContentsSerializably() {
        schedules.breakWith(
                this::declareAndExpire,
                weak(
                        "expire",
                        world.records(Schema.Type.UPLOAD),
                        world.index(Schema.Type.OWNER, Schema.OWNER_UPLOAD)));
    }

    // T5 against a renewal

    private Start renewAndExpire() {
        UploadId upload = world.upload(world.device);
        world.cell.pass(Duration.ofDays(8));
        WorkLease lease = world.lease("expire");
        long now = world.cell.nowMillis.get();
        AtomicReference<Answer<UploadState>> answer = new AtomicReference<>();
        return new Start(
                actors(
                        "renew",
                        () -> answer.set(world.acting.uploads().renew(world.device.caller, upload)),
                        "expire",
                        () -> world.collector.garbage().expireUpload(lease, upload, now)),
                () ->
                        answer.get() instanceof Answer.Ok<UploadState> && !world.exists(upload)
                                ? "an upload was renewed and dropped"
                                : null);
    }

    @Test
    void aRenewedUploadDoesNotExpire() {
        schedules.hold(this::renewAndExpire);
    }

    @Test
    void expiryReadsTheUploadSerializably() {
        schedules.breakWith(
                this::renewAndExpire, weak("expire", world.records(Schema.Type.UPLOAD)));
    }

    // T4 against T5

    private Start commitAndExpire() {
        ChunkRef chunk = world.newChunk();
        ContentId content = world.newContent();
        UploadId upload = world.upload(world.device);
        world.declare(world.cell.store, world.device, upload, content, List.of(chunk));
        world.store(content, chunk);
        world.cell.pass(Duration.ofDays(8));
        WorkLease lease = world.lease("expire");
        long now = world.cell.nowMillis.get();
        OpBatch batch = new OpBatch(0, List.of(world.create(content)));
        AtomicReference<Boolean> done = new AtomicReference<>();
        return new Start(
                actors(
                        "commit",
                        () ->
                                done.set(
                                        ok(world.acting
                                                        .nodes()
                                                        .apply(
                                                                world.device.caller,
                                                                world.device.ns,
                                                                batch))
                                                .results()
                                                .getFirst()
                                                .done()),
                        "expire",
                        () -> {
                            world.collector.garbage().expireUpload(lease, upload, now);
                            world.collector.garbage().release(lease, content);
                        }),
                () -> {
                    boolean kept =
                            world.owner(content) == OwnerState.COMMITTED
                                    && world.references(chunk).size() == 1;
                    return Objects.requireNonNull(done.get()) == kept
                            ? world.broken(chunk)
                            : "a file without its chunks";
                });
    }

    @Test
    void aCommittedFileKeepsItsChunksWhenItsUploadExpires() {
        schedules.hold(this::commitAndExpire);
    }

    @Test
    void commitReadsTheContentOrTheCountOfItsReferencesSerializably() {
        schedules.breakWith(
                this::commitAndExpire,
                weak(
                        "commit",
                        world.records(Schema.Type.OWNER),
                        world.index(Schema.Type.REF, Schema.REF_COUNT)));
    }

    @Test
    void expiryReadsTheContentsSerializably() {
        schedules.breakWith(
                this::commitAndExpire,
                weak(
                        "expire",
                        world.records(Schema.Type.OWNER),
                        world.index(Schema.Type.OWNER, Schema.OWNER_UPLOAD)));
    }
}
