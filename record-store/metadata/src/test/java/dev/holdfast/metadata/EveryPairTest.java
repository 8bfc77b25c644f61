package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.CollectionWorld.Stored;
import dev.holdfast.metadata.Schedules.Start;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.OpBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Each of T1 to T13 beside each of them, on one chunk and two packs, in every order of their
 * beginnings and commits; and each that takes several transactions cut off after every one of them,
 * with another one before it is taken up again. The invariants of the state machine hold at the
 * end, and what was answered is true.
 */
class EveryPairTest extends InterleavingCase {
    /** The transactions; some in two ways, some of two transactions. */
    private enum Kind {
        T1_BEGIN,
        T2_PUT,
        T3_PIN,
        T4_COMMIT,
        T5_EXPIRE,
        T5_RELEASE,
        T6_CONDEMN,
        T7_DROP,
        T8_MOVE,
        T9_TRASH,
        T10_DELETE,
        T11_SEAL,
        T11_JANITOR,
        T12_LOSE,
        T13_FOUND
    }

    /** A chunk on its way, two packs, and everybody who may want something of them. */
    private final class Scene {
        private final ChunkRef chunk = world.newChunk();

        /** What only the put brings, so that it gets a place in the open pack. */
        private final ChunkRef fresh = world.newChunk();

        private final Stored file = world.file(chunk);
        private final PackId target = world.emptyPack();
        private final PackWriterLease open = world.cell.store.chunks().beginPack();
        private final ContentId put = world.newContent();
        private final ContentId pinned = world.newContent();
        private final ContentId committed = world.newContent();
        private final UploadId pinning = world.upload(world.device);
        private final UploadId committing = world.upload(world.device);
        private final Map<Kind, List<Runnable>> steps = new EnumMap<>(Kind.class);
        private final List<String> wrong = new ArrayList<>();

        /** The epochs that janitors have raised the open pack to. */
        private final List<Long> raised = new ArrayList<>();

        Scene(Set<Kind> kinds) {
            UploadId putting = world.upload(world.stranger);
            world.declare(world.cell.store, world.stranger, putting, put, List.of(chunk, fresh));
            if (kinds.contains(Kind.T4_COMMIT) || kinds.contains(Kind.T5_EXPIRE)) {
                world.declare(
                        world.cell.store, world.device, committing, committed, List.of(chunk));
            }
            world.purge(file);
            advance(kinds);
            // The time of a commit is noted now and then, in a transaction of its own: not later.
            ok(world.acting.nodes().apply(world.device.caller, world.device.ns, noting()));
            ChunkRow row = world.row(chunk).orElseThrow();
            for (Kind kind : kinds) {
                steps.put(kind, steps(kind, row));
            }
        }

        private OpBatch noting() {
            return new OpBatch(0, List.of(world.create(world.newContent())));
        }

        /** As far along as the later of the two needs it. */
        private void advance(Set<Kind> kinds) {
            WorkLease lease = world.lease("prepare");
            if (kinds.contains(Kind.T6_CONDEMN) || kinds.contains(Kind.T7_DROP)) {
                CollectionWorld.releaseAll(world.plain, lease, file.content());
            }
            if (kinds.contains(Kind.T7_DROP)) {
                world.plain.garbage().condemn(lease, List.of(chunk.hash()));
            }
            if (kinds.contains(Kind.T13_FOUND)) {
                ChunkLocation at = world.row(chunk).orElseThrow().location();
                assertThat(world.plain.losses().lose(chunk.hash(), at)).isTrue();
            }
            if (kinds.contains(Kind.T10_DELETE)) {
                world.plain.packs().trash(lease, target);
            }
            if (kinds.contains(Kind.T5_EXPIRE)) {
                world.cell.pass(Duration.ofDays(8));
            }
        }

        private List<Runnable> steps(Kind kind, ChunkRow row) {
            WorkLease lease = world.lease(kind.name());
            GarbageRows garbage = world.collector.garbage();
            long now = world.cell.nowMillis.get();
            return switch (kind) {
                case T1_BEGIN -> List.of(() -> world.acting.chunks().beginPack());
                case T2_PUT -> List.of(this::place);
                case T3_PIN -> List.of(this::pin);
                case T4_COMMIT -> commit();
                case T5_EXPIRE ->
                        List.of(
                                () -> garbage.expireUpload(lease, committing, now),
                                () -> garbage.release(lease, committed));
                case T5_RELEASE -> List.of(() -> garbage.release(lease, file.content()));
                case T6_CONDEMN -> List.of(() -> garbage.condemn(lease, List.of(chunk.hash())));
                case T7_DROP -> {
                    List<GarbageCandidate> due = world.graces(chunk);
                    yield List.of(() -> garbage.drop(lease, due));
                }
                case T8_MOVE -> List.of(() -> move(lease, row));
                case T9_TRASH -> List.of(() -> world.collector.packs().trash(lease, target));
                case T10_DELETE -> delete(lease);
                case T11_SEAL -> List.of(() -> seal(open));
                case T11_JANITOR -> List.of(this::takeOver);
                case T12_LOSE ->
                        List.of(() -> world.collector.losses().lose(chunk.hash(), row.location()));
                case T13_FOUND ->
                        List.of(() -> world.collector.losses().found(chunk.hash(), row.location()));
            };
        }

        private void place() {
            try {
                boolean open =
                        !CollectionWorld.place(world.acting, this.open, put, chunk, fresh)
                                .contains(Placement.CONTENT_NOT_OPEN);
                claim(open, put, chunk, "put");
                claim(open, put, fresh, "put");
            } catch (PackFencedException e) {
                // The pack was ended first.
            }
        }

        private void pin() {
            boolean hit =
                    world.declare(world.acting, world.device, pinning, pinned, List.of(chunk))
                            .isEmpty();
            claim(hit, pinned, chunk, "a hit");
        }

        private List<Runnable> commit() {
            OpBatch batch = new OpBatch(0, List.of(world.create(committed)));
            return List.of(() -> {
                boolean done =
                        ok(world.acting.nodes().apply(world.device.caller, world.device.ns, batch))
                                .results()
                                .getFirst()
                                .done();
                claim(done, committed, chunk, "committed");
            });
        }

        /** What was answered stays true, because nothing here takes a reference of it away. */
        private void claim(boolean yes, ContentId content, ChunkRef of, String what) {
            boolean there =
                    world.references(of).stream()
                            .anyMatch(r -> r.getOwner().equals(Bytes.of(content)));
            if (yes && !there) {
                wrong.add(what + " without a reference");
            }
        }

        private void move(WorkLease lease, ChunkRow row) {
            try {
                world.collector
                        .packs()
                        .move(
                                lease,
                                target,
                                List.of(
                                        new PackRows.Move(
                                                chunk.hash(),
                                                row.location(),
                                                64,
                                                chunk.length(),
                                                0)));
            } catch (PackFencedException e) {
                // The target is on its way out.
            }
        }

        private List<Runnable> delete(WorkLease lease) {
            PackRows packs = world.collector.packs();
            long since = world.plain.packs().pack(target).orElseThrow().sinceMillis();
            boolean[] ready = new boolean[1];
            return List.of(
                    () ->
                            ready[0] =
                                    packs.beginDelete(lease, target, since)
                                            == PackRows.Deleting.READY,
                    () -> {
                        if (ready[0]) {
                            packs.finishDelete(
                                    lease, target, Id128.random(world.cell.random), "tested");
                        }
                    });
        }

        /**
         * At the end of what was placed by then, as its writer does and as a janitor does; the look
         * at it takes no turn of its own, as what follows it takes one.
         */
        private void seal(PackWriterLease lease) {
            try {
                long end =
                        world.plain.packs().chunks(open.pack(), 0, 10).stream()
                                .mapToLong(Scene::end)
                                .max()
                                .orElse(0);
                world.acting.chunks().sealPack(lease, end);
            } catch (PackFencedException e) {
                // Somebody took it over.
            } catch (IllegalArgumentException e) {
                // A record was placed meanwhile; the next janitor measures again.
            }
        }

        private void takeOver() {
            try {
                PackWriterLease mine = world.acting.chunks().raiseEpoch(open.pack());
                raised.add(mine.epoch());
                seal(mine);
            } catch (PackFencedException e) {
                // It was ended first.
            }
        }

        private static long end(ChunkRow row) {
            return row.location().offset() + 64 + row.location().storedLength();
        }

        List<Runnable> stepsOf(Kind kind) {
            return Objects.requireNonNull(steps.get(kind));
        }

        void run(Kind kind) {
            stepsOf(kind).forEach(Runnable::run);
        }

        @Nullable String verdict() {
            check(chunk);
            check(fresh);
            if (raised.stream().anyMatch(epoch -> epoch > epoch())) {
                wrong.add("a fenced writer wrote its pack");
            }
            for (ContentId content : List.of(file.content(), pinned, committed)) {
                if (world.owner(content) == OwnerState.COMMITTED) {
                    claim(true, content, chunk, "committed");
                }
            }
            return wrong.isEmpty() ? null : String.join(", ", wrong);
        }

        private long epoch() {
            return world.cell
                    .records
                    .read(transaction ->
                            transaction.get(Pack.class, Schema.Type.PACK, Bytes.of(open.pack())))
                    .orElseThrow()
                    .getEpoch();
        }

        private boolean isListed(ChunkRow row) {
            return world.plain.packs().chunks(row.location().pack(), 0, 10).stream()
                    .anyMatch(row::equals);
        }

        private void check(ChunkRef one) {
            String broken = world.broken(one);
            if (broken != null) {
                wrong.add(broken);
            }
            Optional<ChunkRow> row = world.row(one);
            if (row.isPresent() && world.references(one).isEmpty() && !world.isCandidate(one)) {
                wrong.add("a chunk that nobody needs stays for ever");
            }
            if (row.isPresent() && !isListed(row.get())) {
                wrong.add("a chunk that is not among those of its pack");
            }
            row.flatMap(r -> world.plain.packs().pack(r.location().pack()))
                    .filter(pack -> pack.stage() == PackStage.SEALED)
                    .filter(pack -> pack.length() < end(row.orElseThrow()))
                    .ifPresent(pack -> wrong.add("sealed below a chunk in it"));
        }
    }

    private Start both(Kind one, Kind two) {
        Scene scene = new Scene(Set.copyOf(List.of(one, two)));
        return new Start(
                actors("first " + one, () -> scene.run(one), "second " + two, () -> scene.run(two)),
                () -> {
                    String wrong = scene.verdict();
                    return wrong == null ? null : one + " beside " + two + ": " + wrong;
                });
    }

    @Test
    void everyPairInEveryOrder() {
        for (Kind one : Kind.values()) {
            for (Kind two : Kind.values()) {
                if (one.compareTo(two) <= 0) {
                    schedules.hold(() -> both(one, two));
                }
            }
        }
    }

    /** The next process does it all again, after something else came in between. */
    @Test
    void everyOneCutOffAfterEveryTransactionWithAnyOtherInBetween() {
        for (Kind cut : Kind.values()) {
            for (Kind other : Kind.values()) {
                int steps = 0;
                for (int done = 0; done <= steps; done++) {
                    Scene scene = new Scene(Set.copyOf(List.of(cut, other)));
                    steps = scene.stepsOf(cut).size();
                    scene.stepsOf(cut).subList(0, done).forEach(Runnable::run);
                    scene.run(other);
                    scene.run(cut);
                    assertThat(scene.verdict())
                            .as("%s cut off after %d, then %s", cut, done, other)
                            .isNull();
                }
            }
        }
    }

    @Test
    void putReadsThePackSerializablyAgainstAJanitor() {
        schedules.breakWith(
                () -> both(Kind.T2_PUT, Kind.T11_JANITOR),
                weak("first T2_PUT", world.records(Schema.Type.PACK)));
    }

    /** Through its save, which reads the row that it replaces: so do all of these. */
    @Test
    void condemnReadsTheChunkSerializably() {
        schedules.breakWith(
                () -> both(Kind.T6_CONDEMN, Kind.T8_MOVE),
                weak("first T6_CONDEMN", world.records(Schema.Type.CHUNK)));
    }

    @Test
    void sealReadsThePackSerializably() {
        schedules.breakWith(
                () -> both(Kind.T11_SEAL, Kind.T11_JANITOR),
                weak("first T11_SEAL", world.records(Schema.Type.PACK)));
    }

    @Test
    void sealReadsThePlacesInThePackSerializably() {
        schedules.breakWith(
                () -> both(Kind.T2_PUT, Kind.T11_SEAL),
                weak("second T11_SEAL", world.index(Schema.Type.CHUNK, Schema.CHUNK_PLACE)));
    }

    /** A lost chunk that nobody needs is dropped while a scrub reads it well again. */
    private Start foundAndCollect() {
        ChunkRef chunk = world.newChunk();
        Stored file = world.file(chunk);
        ChunkLocation at = world.row(chunk).orElseThrow().location();
        world.plain.losses().lose(chunk.hash(), at);
        ChunkLocation lost = world.row(chunk).orElseThrow().location();
        world.purge(file);
        WorkLease lease = world.lease("collect");
        return new Start(
                actors(
                        "found",
                        () -> world.collector.losses().found(chunk.hash(), lost),
                        "collect",
                        () -> world.collect(world.collector, lease, file.content(), chunk)),
                () -> {
                    world.quiesce();
                    return world.row(chunk).isPresent() ? "a dropped chunk came back" : null;
                });
    }

    @Test
    void aLostChunkThatIsDroppedIsNotFound() {
        schedules.hold(this::foundAndCollect);
    }

    @Test
    void foundReadsTheChunkSerializably() {
        schedules.breakWith(this::foundAndCollect, weak("found", world.records(Schema.Type.CHUNK)));
    }
}
