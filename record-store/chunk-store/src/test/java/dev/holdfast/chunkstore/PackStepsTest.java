package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Sha256;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * T1, T2 and T11 with their steps on the files, put together in every order: a writer and a janitor
 * who takes its pack away, two janitors, and the death of each after every step. Of the metadata's
 * own transactions every pair is put together in that module; here it is the files between them.
 */
final class PackStepsTest {
    private static final boolean SOAK = Boolean.getBoolean("holdfast.soak");

    /** Of the orders of writer and janitor, one in this many; the rest in a soak. */
    private static final int ORDERS_ONE_IN = SOAK ? 1 : 7;

    private static final int JANITOR_STEPS = 5;

    /** One run: files and rows that outlive processes, and what was acknowledged. */
    private static final class World {
        private final MemoryChunkRows rows = new MemoryChunkRows();
        private final FaultyFiles files = new FaultyFiles(call -> null, pack -> 1);
        private final Chunks chunks = Chunks.of(29);
        private final List<byte[]> acknowledged = new ArrayList<>();
        private final List<byte[]> sent = new ArrayList<>();

        ChunkStoreConfig config(boolean soleWriter) {
            return ChunkStoreConfig.forEmbedded(1)
                    .withSoleWriter(soleWriter)
                    .withOpenPacks(1)
                    .withFailurePause(Duration.ZERO);
        }

        /** A process that stores two chunks one after the other and ends in order. */
        void write(Consumer<String> before) {
            ChunkRows ownRows = Steps.rows(rows, before);
            PackFiles ownFiles = Steps.files(files, before);
            try (ChunkStore store =
                    ChunkStore.over(ownFiles, ownRows, config(false), Clock.systemUTC())) {
                for (int index = 0; index < 2; index++) {
                    byte[] bytes = chunks.incompressible(600 + 100 * index);
                    sent.add(bytes);
                    CompletableFuture<Placement> answer =
                            store.append(chunks.content(), Sha256.hash(bytes), bytes);
                    if (answer.get(20, TimeUnit.SECONDS) == Placement.PLACED) {
                        acknowledged.add(bytes);
                    }
                }
            } catch (ExecutionException | ChunkStoreException | Dead e) {
                // What was not acknowledged may be missing.
            } catch (Exception e) {
                throw new AssertionError("an answer did not come", e);
            }
        }

        void janitor(Consumer<String> before) {
            try {
                new PackJanitor(
                                Steps.rows(rows, before),
                                Steps.files(files, before),
                                config(true),
                                new StoreCounters(),
                                Clock.systemUTC())
                        .run();
            } catch (Dead e) {
                // The next one goes on.
            }
        }

        /** A last process comes up, and everything has to be as promised. */
        void verify(String order) {
            try (ChunkStore store = ChunkStore.over(files, rows, config(true), Clock.systemUTC())) {
                assertThat(rows.openPacks()).as(order).isEmpty();
                for (byte[] bytes : acknowledged) {
                    Sha256 hash = Sha256.hash(bytes);
                    assertThat(store.read(hash, rows.location(hash))).as(order).isEqualTo(bytes);
                }
                for (byte[] bytes : sent) {
                    // A row promises bytes, acknowledged or not.
                    Sha256 hash = Sha256.hash(bytes);
                    var location = rows.locate(List.of(hash)).get(hash);
                    if (location != null) {
                        assertThat(store.read(hash, location)).as(order).isEqualTo(bytes);
                    }
                }
                files.list(file -> {
                    MemoryChunkRows.PackRow row = rows.packs().get(file.pack());
                    assertThat(row).as("a file without a row; " + order).isNotNull();
                });
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

    /** Lets a process take that many steps. */
    private static Consumer<String> dyingAfter(int steps) {
        AtomicInteger taken = new AtomicInteger();
        return step -> {
            if (taken.getAndIncrement() >= steps) {
                throw new Dead();
            }
        };
    }

    private static List<String> stepsOf(Consumer<Consumer<String>> process) {
        List<String> steps = Collections.synchronizedList(new ArrayList<>());
        process.accept(steps::add);
        return List.copyOf(steps);
    }

    @Test
    void theStepsAreInTheOrderThatTheProofNeeds() {
        World world = new World();
        List<String> steps = stepsOf(world::write);
        // T1 writes the row before there is a file; T2 comes after the sync.
        assertThat(steps.indexOf("beginPack")).isLessThan(steps.indexOf("create"));
        assertThat(steps.indexOf("sync")).isLessThan(steps.indexOf("place"));
        assertThat(steps.subList(steps.lastIndexOf("place"), steps.size()))
                .containsExactly("place", "write", "sync", "close", "sealPack");
        World left = new World();
        left.write(dyingAfter(steps.lastIndexOf("place") + 1));
        assertThat(stepsOf(left::janitor))
                .containsExactly("openPacks", "raiseEpoch", "recover", "openPacks", "sealPack");
    }

    @Test
    void aWriterAndAJanitorInEveryOrder() {
        int writerSteps = stepsOf(new World()::write).size();
        List<List<Integer>> orders = Turns.orders(JANITOR_STEPS, writerSteps);
        int first = Math.floorMod(Long.getLong("holdfast.seed", 0), ORDERS_ONE_IN);
        for (int index = first; index < orders.size(); index += ORDERS_ONE_IN) {
            List<Integer> order = orders.get(index);
            World world = new World();
            Turns janitor = new Turns();
            AtomicInteger taken = new AtomicInteger();
            AtomicInteger next = new AtomicInteger();
            janitor.start(() -> world.janitor(janitor));
            world.write(step -> {
                synchronized (janitor) {
                    int number = taken.getAndIncrement();
                    while (next.get() < order.size() && order.get(next.get()) <= number) {
                        next.incrementAndGet();
                        janitor.go();
                    }
                }
            });
            janitor.finish();
            // Whoever lives writes what was taken from it elsewhere.
            assertThat(world.acknowledged).as("order %s", order).hasSize(2);
            world.verify("the janitor's steps before the writer's " + order);
        }
    }

    @Test
    void aWriterThatDiesAfterAnyStep() {
        int writerSteps = stepsOf(new World()::write).size();
        int mostAcknowledged = 0;
        for (int steps = 0; steps <= writerSteps; steps++) {
            World world = new World();
            world.write(dyingAfter(steps));
            mostAcknowledged = Math.max(mostAcknowledged, world.acknowledged.size());
            world.verify("the writer died after step " + steps);
        }
        assertThat(mostAcknowledged).isEqualTo(2);
    }

    @Test
    void aJanitorThatDiesAfterAnyStepBehindAWriterThatDiedAfterAny() {
        int writerSteps = stepsOf(new World()::write).size();
        for (int steps = 0; steps <= writerSteps; steps++) {
            for (int swept = 0; swept <= JANITOR_STEPS; swept++) {
                World world = new World();
                world.write(dyingAfter(steps));
                world.janitor(dyingAfter(swept));
                world.verify("the writer died after " + steps + ", the janitor after " + swept);
            }
        }
    }

    @Test
    void twoJanitorsInEveryOrder() {
        List<List<Integer>> orders = Turns.orders(JANITOR_STEPS, JANITOR_STEPS);
        int dead = stepsOf(new World()::write).lastIndexOf("place") + 1;
        for (List<Integer> order : orders) {
            World world = new World();
            world.write(dyingAfter(dead));
            Turns other = new Turns();
            AtomicInteger taken = new AtomicInteger();
            AtomicInteger next = new AtomicInteger();
            other.start(() -> world.janitor(other));
            world.janitor(step -> {
                int number = taken.getAndIncrement();
                while (next.get() < order.size() && order.get(next.get()) <= number) {
                    next.incrementAndGet();
                    other.go();
                }
            });
            other.finish();
            world.verify("two janitors: " + order);
        }
    }

    /** The rows refuse an old epoch, or none of this would prove anything. */
    @Test
    void theRowsFence() {
        MemoryChunkRows rows = new MemoryChunkRows();
        PackWriterLease old = rows.beginPack();
        rows.raiseEpoch(old.pack());
        assertThatThrownBy(() -> rows.place(old, List.of()))
                .isInstanceOf(PackFencedException.class);
        assertThatThrownBy(() -> rows.sealPack(old, 64)).isInstanceOf(PackFencedException.class);
    }
}
