package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.CollectionWorld.Stored;
import dev.holdfast.metadata.Schedules.Start;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** T8, T9, T10, T12 and the leases. */
class PackInterleavingTest extends InterleavingCase {
    // T8 against T9, T7 and T12; T2 against T11 and T9

    private PackRows.Move moveOf(ChunkRef chunk) {
        ChunkLocation from = world.row(chunk).orElseThrow().location();
        return new PackRows.Move(chunk.hash(), from, 64, chunk.length(), 0);
    }

    private boolean moved(WorkLease lease, PackId target, PackRows.Move move) {
        try {
            return world.collector.packs().move(lease, target, List.of(move)).getFirst();
        } catch (PackFencedException e) {
            return false;
        }
    }

    private Start moveAndTrash() {
        ChunkRef chunk = world.newChunk();
        world.file(chunk);
        PackId target = world.emptyPack();
        PackRows.Move move = moveOf(chunk);
        WorkLease mover = world.lease("mover");
        WorkLease trasher = world.lease("trasher");
        return new Start(
                actors(
                        "move",
                        () -> moved(mover, target, move),
                        "trash",
                        () -> world.collector.packs().trash(trasher, target)),
                () -> world.broken(chunk));
    }

    @Test
    void noChunkMovesIntoAPackThatIsTrashed() {
        schedules.hold(this::moveAndTrash);
    }

    @Test
    void trashReadsThePlacesInThePackSerializably() {
        schedules.breakWith(
                this::moveAndTrash,
                weak("trash", world.index(Schema.Type.CHUNK, Schema.CHUNK_PLACE)));
    }

    @Test
    void moveReadsTheTargetSerializably() {
        schedules.breakWith(this::moveAndTrash, weak("move", world.records(Schema.Type.PACK)));
    }

    private Start moveAndCollect() {
        ChunkRef chunk = world.newChunk();
        Stored file = world.file(chunk);
        world.purge(file);
        PackId target = world.emptyPack();
        PackRows.Move move = moveOf(chunk);
        WorkLease mover = world.lease("mover");
        WorkLease lease = world.lease("collect");
        return new Start(
                actors(
                        "move",
                        () -> moved(mover, target, move),
                        "collect",
                        () -> world.collect(world.collector, lease, file.content(), chunk)),
                () -> {
                    world.quiesce();
                    return world.row(chunk).isPresent() ? "a dropped chunk came back" : null;
                });
    }

    @Test
    void aChunkThatIsDroppedDoesNotMove() {
        schedules.hold(this::moveAndCollect);
    }

    @Test
    void moveReadsTheChunkSerializably() {
        schedules.breakWith(this::moveAndCollect, weak("move", world.records(Schema.Type.CHUNK)));
    }

    private Start moveAndLose() {
        ChunkRef chunk = world.newChunk();
        world.file(chunk);
        PackId target = world.emptyPack();
        PackRows.Move move = moveOf(chunk);
        WorkLease mover = world.lease("mover");
        List<Boolean> answers = new ArrayList<>();
        return new Start(
                actors(
                        "move",
                        () -> answers.add(moved(mover, target, move)),
                        "lose",
                        () ->
                                answers.add(
                                        world.collector.losses().lose(chunk.hash(), move.from()))),
                () ->
                        answers.stream().filter(yes -> yes).count() == 1
                                ? null
                                : "moved and lost: " + answers);
    }

    @Test
    void aChunkIsMovedOrLost() {
        schedules.hold(this::moveAndLose);
    }

    @Test
    void loseReadsTheChunkSerializably() {
        schedules.breakWith(this::moveAndLose, weak("lose", world.records(Schema.Type.CHUNK)));
    }

    private Start putAndTrash() {
        ChunkRef chunk = world.newChunk();
        ContentId content = world.newContent();
        UploadId upload = world.upload(world.device);
        world.declare(world.cell.store, world.device, upload, content, List.of(chunk));
        PackWriterLease pack = world.cell.store.chunks().beginPack();
        WorkLease trasher = world.lease("trasher");
        return new Start(
                actors(
                        "put",
                        () -> {
                            try {
                                CollectionWorld.place(world.acting, pack, content, chunk);
                            } catch (PackFencedException e) {
                                // The janitor was first.
                            }
                        },
                        "janitor",
                        () -> {
                            PackWriterLease mine = world.acting.chunks().raiseEpoch(pack.pack());
                            world.acting.chunks().sealPack(mine, 10_000);
                            world.collector.packs().trash(trasher, pack.pack());
                        }),
                () -> world.broken(chunk));
    }

    @Test
    void noChunkIsPutIntoAPackThatIsSealedAndTrashed() {
        schedules.hold(this::putAndTrash);
    }

    @Test
    void putReadsThePackSerializably() {
        schedules.breakWith(this::putAndTrash, weak("put", world.records(Schema.Type.PACK)));
    }

    // T7 against striking its pack off

    private Start dropAndSettle() {
        ChunkRef chunk = world.newChunk();
        ChunkRef other = world.newChunk();
        Stored file = world.file(chunk, other);
        world.purge(file);
        world.quiesceTo(chunk);
        WorkLease dropper = world.lease("dropper");
        WorkLease settler = world.lease("settler");
        List<GarbageCandidate> due = world.graces(chunk);
        return new Start(
                actors(
                        "drop",
                        () -> world.collector.garbage().drop(dropper, due),
                        "settle",
                        () -> world.collector.packs().settle(settler, file.pack(), 0)),
                () -> {
                    boolean candidate =
                            world.plain.packs().candidates(null, 10_000).stream()
                                    .anyMatch(p -> p.pack().equals(file.pack()));
                    world.quiesce();
                    return candidate ? null : "a sparse pack is no candidate";
                });
    }

    @Test
    void aSparsePackIsACandidate() {
        schedules.hold(this::dropAndSettle);
    }

    @Test
    void settlingReadsTheSumsSerializably() {
        schedules.breakWith(
                this::dropAndSettle,
                weak(
                        "settle",
                        world.index(Schema.Type.CHUNK, Schema.CHUNK_COUNT),
                        world.index(Schema.Type.CHUNK, Schema.CHUNK_BYTES)));
    }

    @Test
    void dropReadsThePackCandidateSerializably() {
        schedules.breakWith(
                this::dropAndSettle, weak("drop", world.records(Schema.Type.PACK_CANDIDATE)));
    }

    // Leases

    private Start zombieAndHeir() {
        ChunkRef chunk = world.newChunk();
        Stored file = world.file(chunk);
        world.purge(file);
        WorkLease old = world.lease("work");
        CollectionWorld.releaseAll(world.plain, old, file.content());
        world.cell.pass(Duration.ofDays(2));
        AtomicReference<Object> seen = new AtomicReference<>();
        return new Start(
                actors(
                        "zombie",
                        () -> {
                            try {
                                world.collector.garbage().condemn(old, List.of(chunk.hash()));
                            } catch (LeaseLostException e) {
                                // The heir was first.
                            }
                        },
                        "heir",
                        () -> {
                            assertThat(
                                            world.collector
                                                    .leases()
                                                    .acquire("work", "heir", Duration.ofMinutes(1)))
                                    .isPresent();
                            seen.set(world.row(chunk));
                        }),
                () -> {
                    boolean same = world.row(chunk).equals(seen.get());
                    world.cell.pass(Duration.ofDays(1));
                    world.quiesce();
                    return same ? null : "a zombie wrote after the takeover";
                });
    }

    @Test
    void nothingAZombieDoesCountsAfterTheTakeover() {
        schedules.hold(this::zombieAndHeir);
    }

    @Test
    void theFenceIsReadSerializably() {
        schedules.breakWith(
                this::zombieAndHeir, weak("zombie", world.records(Schema.Type.WORK_LEASE)));
    }

    private Start backupAndDelete() {
        PackId pack = world.emptyPack();
        WorkLease lease = world.lease("delete");
        world.plain.packs().trash(lease, pack);
        long since = world.plain.packs().pack(pack).orElseThrow().sinceMillis();
        AtomicReference<Object> seen = new AtomicReference<>();
        AtomicReference<WorkLease> backup = new AtomicReference<>();
        return new Start(
                actors(
                        "delete",
                        () -> world.collector.packs().beginDelete(lease, pack, since),
                        "backup",
                        () -> {
                            backup.set(
                                    world.collector
                                            .leases()
                                            .acquire(
                                                    WorkLeases.BACKUP, "backup", Duration.ofDays(1))
                                            .orElseThrow());
                            seen.set(world.plain.packs().pack(pack));
                        }),
                () -> {
                    boolean same = world.plain.packs().pack(pack).equals(seen.get());
                    world.plain.leases().release(Objects.requireNonNull(backup.get()));
                    return same ? null : "a pack was deleted under a backup";
                });
    }

    @Test
    void noPackIsDeletedWhileABackupHoldsItsLease() {
        schedules.hold(this::backupAndDelete);
    }

    @Test
    void deletingReadsTheBackupsLeaseSerializably() {
        schedules.breakWith(
                this::backupAndDelete, weak("delete", world.records(Schema.Type.WORK_LEASE)));
    }

    private Start takeAndTrash() {
        PackId pack = world.emptyPack();
        WorkLease trasher = world.lease("trasher");
        AtomicReference<Object> seen = new AtomicReference<>();
        return new Start(
                actors(
                        "trash",
                        () -> world.collector.packs().trash(trasher, pack),
                        "take",
                        () -> {
                            assertThat(
                                            world.collector
                                                    .leases()
                                                    .acquire(
                                                            WorkLeases.ofPack(pack),
                                                            "compaction",
                                                            Duration.ofDays(1)))
                                    .isPresent();
                            seen.set(world.plain.packs().pack(pack));
                        }),
                () ->
                        world.plain.packs().pack(pack).equals(seen.get())
                                ? null
                                : "a pack was trashed under its lease");
    }

    @Test
    void noPackIsTrashedWhileAJobHoldsItsLease() {
        schedules.hold(this::takeAndTrash);
    }

    @Test
    void trashReadsThePacksLeaseSerializably() {
        schedules.breakWith(
                this::takeAndTrash, weak("trash", world.records(Schema.Type.WORK_LEASE)));
    }
}
