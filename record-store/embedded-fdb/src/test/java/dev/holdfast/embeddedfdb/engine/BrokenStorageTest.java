package dev.holdfast.embeddedfdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is gone for a while, and failures at moments when nobody knows what is durable. */
final class BrokenStorageTest {
    private static final byte[] KEY = {1};
    private static final byte[] ONE = {1, 0, 0, 0};

    @TempDir Path directory;

    /** A directory whose disk refuses writes, or everything, when the test says so. */
    private static final class Disk implements Storage.Place {
        private final DatabaseDirectory place;
        private volatile boolean takesWrites = true;
        private volatile boolean gone;
        private volatile boolean failsAcknowledging;

        Disk(Path directory) {
            place =
                    DatabaseDirectory.open(
                            directory, StorageConfig.defaults(), () -> Long.MAX_VALUE);
        }

        /** Opened as if for writing, it refuses the first write, as a broken RocksDB does. */
        @Override
        public Storage.Opened openForWriting() {
            requirePresent();
            return takesWrites ? place.openForWriting() : place.openForReading();
        }

        @Override
        public Storage.Opened openForReading() {
            requirePresent();
            return place.openForReading();
        }

        private void requirePresent() {
            if (gone) {
                throw new OpenException.Unwritable(Path.of("/gone"), "no such device", null);
            }
        }

        @Override
        public boolean durable() {
            return true;
        }

        @Override
        public String name() {
            return place.name();
        }

        @Override
        public void acknowledge(long version) {
            if (failsAcknowledging) {
                throw new InternalError("a fault occurred in an unsafe memory access");
            }
            place.acknowledge(version);
        }

        @Override
        public void requireRoom() {}

        @Override
        public void close() {
            place.close();
        }
    }

    private static void add(Engine engine) {
        CompletableFuture<CommitRequest.Committed> outcome = new CompletableFuture<>();
        engine.commit(
                new CommitRequest(
                        engine.latest().version(),
                        List.of(),
                        false,
                        List.of(KEY, Keys.after(KEY)),
                        List.of(new Mutation(MutationKind.ADD, KEY, ONE)),
                        100,
                        null,
                        Runnable::run,
                        outcome));
        assertThat(outcome.orTimeout(20, TimeUnit.SECONDS).join().version()).isPositive();
    }

    private static void expect(int code, Engine engine) {
        assertThatThrownBy(() -> add(engine))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        EmbeddedFdbException.class,
                        failure -> assertThat(failure.getCode()).isEqualTo(code));
    }

    /** Tries until the storage has been opened again, which is tried once a second. */
    private static void addWhenBack(Engine engine) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try {
                add(engine);
                return;
            } catch (CompletionException refused) {
                assertThat(System.nanoTime()).as("still broken").isLessThan(end);
            }
        }
    }

    @Test
    void livesThroughADiskThatCannotEvenBeRead() {
        Disk disk = new Disk(directory.resolve("db"));
        try (Engine first = new Engine(new Storage(disk), EngineClock.system(), Faults.NONE)) {
            add(first);
        }
        Disk again = new Disk(directory.resolve("db"));
        again.takesWrites = false;
        try (Engine engine = new Engine(new Storage(again), EngineClock.system(), Faults.NONE)) {
            again.gone = true;
            expect(1021, engine);
            assertThat(engine.isWritable()).isFalse();
            assertThatThrownBy(() -> engine.latest().get(KEY))
                    .isInstanceOfSatisfying(
                            EmbeddedFdbException.class,
                            failure -> assertThat(failure.getCode()).isEqualTo(1007));
            expect(1510, engine);
            expect(1510, engine);
            again.gone = false;
            again.takesWrites = true;
            addWhenBack(engine);
            assertThat(engine.isWritable()).isTrue();
            assertThat(engine.latest().get(KEY)).isEqualTo(new byte[] {2, 0, 0, 0});
        }
    }

    @Test
    void neverTellsThatACommitFailedWhichMayBeDurable() {
        Disk disk = new Disk(directory.resolve("db"));
        try (Engine engine = new Engine(new Storage(disk), EngineClock.system(), Faults.NONE)) {
            add(engine);
            disk.failsAcknowledging = true;
            expect(1021, engine);
            disk.failsAcknowledging = false;
            add(engine);
            assertThat(engine.latest().get(KEY)).isEqualTo(new byte[] {3, 0, 0, 0});
        }
    }
}
