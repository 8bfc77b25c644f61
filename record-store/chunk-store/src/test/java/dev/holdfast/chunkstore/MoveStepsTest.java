package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.LossRows;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.PackView;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.Placement;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.UploadStart;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * T8, T9, T10, T12 and T13 with their steps on the files, over the real rows: a copy of a chunk
 * into a new pack beside the deletion of the old one, a janitor who takes the copy away, and a
 * scrub that loses and finds the chunk; in every order, and cut off after every step. At the end of
 * each the chunk reads right.
 */
final class MoveStepsTest {
    private static final boolean SOAK = Boolean.getBoolean("holdfast.soak");

    /** Of many orders one in this many; the rest in a soak. */
    private static final int ORDERS_ONE_IN = SOAK ? 1 : 13;

    /** That few are tried all. */
    private static final int ORDERS_FEW = 200;

    private final SplittableRandom random = new SplittableRandom(101);
    private final Chunks chunks = Chunks.of(101);
    private final EmbeddedDatabase engine = EmbeddedFoundationDb.inMemory();
    private final FDBDatabase database = new EmbeddedFdbDatabaseFactory(engine).getDatabase();
    private final MetadataConfig metadataConfig = MetadataConfig.defaults(true);
    private final MetadataStore metadata = MetadataStore.open(database, metadataConfig);
    private final CollectionStore collection = CollectionStore.open(database, metadataConfig);
    private final Caller caller;
    private final NamespaceId ns;

    MoveStepsTest() {
        Sha256 token = Sha256.hash(new byte[] {1});
        String code = ok(metadata.accounts().create("ada", 0)).code();
        ns =
                ok(metadata.accounts().register(new DeviceRegistration(code, token, "pc", "linux")))
                        .namespaces()
                        .getFirst()
                        .namespace();
        caller = new Caller(token);
    }

    @AfterEach
    void close() {
        metadata.close();
        database.close();
        engine.close();
    }

    private static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) -> throw new AssertionError("refused: " + refusal);
        };
    }

    private static ChunkStoreConfig config() {
        return ChunkStoreConfig.forEmbedded(1)
                .withSoleWriter(true)
                .withOpenPacks(1)
                .withFailurePause(Duration.ZERO);
    }

    /** A chunk in a sealed pack, on files of its own. */
    private final class World {
        private final FaultyFiles files = new FaultyFiles(call -> null, pack -> 1);
        private final byte[] bytes = chunks.incompressible(500);
        private final Sha256 hash = Sha256.hash(bytes);
        private final PackId source;

        World() throws Exception {
            UploadId upload = UploadId.random(random);
            ContentId content = ContentId.random(random);
            ok(metadata.uploads().begin(caller, new UploadStart(upload, ns, 0)));
            ContentPart part =
                    new ContentPart(content, 0, true, List.of(new ChunkRef(hash, bytes.length)));
            ok(metadata.uploads().declare(caller, upload, new Declaration(List.of(part))));
            try (ChunkStore store = open()) {
                assertThat(store.append(content, hash, bytes).get(30, TimeUnit.SECONDS))
                        .isEqualTo(Placement.PLACED);
            }
            source = row().orElseThrow().pack();
        }

        private ChunkStore open() {
            return ChunkStore.over(files, metadata.chunks(), config(), Clock.systemUTC());
        }

        private Optional<ChunkLocation> row() {
            return Optional.ofNullable(metadata.chunks().locate(List.of(hash)).get(hash));
        }

        private WorkLease lease(String work) {
            return collection.leases().acquire(work, "tester", Duration.ofDays(1)).orElseThrow();
        }

        /** T1, the copy, T11 and T8. */
        void move(Consumer<String> before) {
            ChunkRows rows = Steps.rows(metadata.chunks(), before);
            PackRows packs = Steps.announced(PackRows.class, collection.packs(), before);
            Optional<ChunkLocation> from = row();
            if (from.isEmpty()) {
                return;
            }
            try {
                PackWriterLease pack = rows.beginPack();
                Packs.Ended ended;
                try (PackCopy copy = new PackCopy(Steps.files(files, before), pack, config())) {
                    copy.add(hash, from.get());
                    ended = copy.end();
                }
                rows.sealPack(pack, ended.length());
                Packs.Entry entry = ended.entries().getFirst();
                packs.move(
                        lease("move"),
                        pack.pack(),
                        List.of(
                                new PackRows.Move(
                                        hash,
                                        from.get(),
                                        entry.offset(),
                                        entry.storedLength(),
                                        entry.codec())));
            } catch (IOException | PackFencedException | Dead e) {
                // The copy was taken away, or its source; or this process has died.
            }
        }

        /** T9 and T10 of the pack the chunk lay in at first. */
        void delete(Consumer<String> before) {
            PackRows packs = Steps.announced(PackRows.class, collection.packs(), before);
            try {
                packs.trash(lease("delete"), source);
                Optional<PackView> trashed = collection.packs().pack(source);
                if (trashed.isEmpty()
                        || packs.beginDelete(lease("delete"), source, trashed.get().sinceMillis())
                                != PackRows.Deleting.READY) {
                    return;
                }
                before.accept("delete");
                files.delete(source);
                packs.finishDelete(lease("delete"), source, Id128.random(random), "tested");
            } catch (Dead e) {
                // The next one goes on.
            }
        }

        void janitor(Consumer<String> before) {
            try {
                new PackJanitor(
                                Steps.rows(metadata.chunks(), before),
                                Steps.files(files, before),
                                config(),
                                new StoreCounters(),
                                Clock.systemUTC())
                        .run();
            } catch (Dead e) {
                // The next one goes on.
            }
        }

        /** T12 and T13. */
        void scrub(Consumer<String> before) {
            LossRows losses = Steps.announced(LossRows.class, collection.losses(), before);
            try {
                Optional<ChunkLocation> at = row();
                if (at.isPresent()) {
                    losses.lose(hash, at.get());
                }
                losses.found(hash, collection.packs().rows(List.of(hash)).getFirst().location());
            } catch (Dead e) {
                // The next one goes on.
            }
        }

        /** The next process: what was begun is ended, and nothing is missing before or after. */
        void verify(String order) {
            scrub(step -> {});
            try (ChunkStore store = open()) {
                assertThat(metadata.chunks().openPacks()).as(order).isEmpty();
                assertThat(store.read(hash, row().orElseThrow())).as(order).isEqualTo(bytes);
                delete(step -> {});
                assertThat(store.read(hash, row().orElseThrow())).as(order).isEqualTo(bytes);
                move(step -> {});
                delete(step -> {});
                assertThat(row().orElseThrow().pack()).as(order).isNotEqualTo(source);
                assertThat(store.read(hash, row().orElseThrow())).as(order).isEqualTo(bytes);
                assertThat(collection.packs().pack(source)).as(order).isEmpty();
            }
        }
    }

    /** Thrown by every call of a process that has died. */
    private static final class Dead extends Error {
        private static final long serialVersionUID = 1L;

        Dead() {
            super("this process has died");
        }
    }

    private static Consumer<String> dyingAfter(int steps) {
        int[] taken = new int[1];
        return step -> {
            if (taken[0]++ >= steps) {
                throw new Dead();
            }
        };
    }

    private static int steps(World world, BiConsumer<World, Consumer<String>> actor) {
        int[] count = new int[1];
        actor.accept(world, step -> count[0]++);
        return count[0];
    }

    /** A move beside another actor who takes up to that many steps. */
    private void beside(int others, BiConsumer<World, Consumer<String>> other) throws Exception {
        int moving = steps(new World(), World::move);
        assertThat(moving).isGreaterThan(7);
        List<List<Integer>> orders = Turns.orders(others, moving);
        int each = orders.size() <= ORDERS_FEW ? 1 : ORDERS_ONE_IN;
        int first = Math.floorMod(Long.getLong("holdfast.seed", 0), each);
        for (int index = first; index < orders.size(); index += each) {
            List<Integer> order = orders.get(index);
            World world = new World();
            Turns turns = new Turns();
            int[] taken = new int[1];
            int[] next = new int[1];
            turns.start(() -> other.accept(world, turns));
            world.move(step -> {
                int number = taken[0]++;
                while (next[0] < order.size() && order.get(next[0]) <= number) {
                    next[0]++;
                    turns.go();
                }
            });
            turns.finish();
            world.verify("the other's steps before those of the move " + order);
        }
    }

    @Test
    void aMoveBesideTheDeletionOfItsSource() throws Exception {
        World moved = new World();
        moved.move(step -> {});
        int deleting = steps(moved, World::delete);
        assertThat(deleting).isEqualTo(4);
        beside(deleting, World::delete);
    }

    @Test
    void aMoveBesideAJanitorWhoTakesItsTarget() throws Exception {
        beside(5, World::janitor);
    }

    @Test
    void aMoveBesideALossThatIsTakenBack() throws Exception {
        beside(2, World::scrub);
    }

    @Test
    void aMoveThatDiesAfterAnyStepBehindWhichADeletionDiesAfterAny() throws Exception {
        int moving = steps(new World(), World::move);
        for (int done = 0; done <= moving; done++) {
            for (int deleted = 0; deleted <= 4; deleted++) {
                World world = new World();
                world.move(dyingAfter(done));
                world.delete(dyingAfter(deleted));
                world.verify("the move died after " + done + ", the deletion after " + deleted);
            }
        }
    }

    @Test
    void aMoveThatDiesAfterAnyStepBehindWhichAScrubDiesAfterAny() throws Exception {
        int moving = steps(new World(), World::move);
        for (int done = 0; done <= moving; done++) {
            for (int scrubbed = 0; scrubbed <= 2; scrubbed++) {
                World world = new World();
                world.move(dyingAfter(done));
                world.scrub(dyingAfter(scrubbed));
                world.verify("the move died after " + done + ", the scrub after " + scrubbed);
            }
        }
    }
}
