package dev.holdfast.embeddedfdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

/**
 * What a killed process cannot prove, because the operating system keeps its writes: that a group
 * was forced to the disk before it counts as acknowledged, and that nobody hears of it earlier.
 */
final class DurabilityTest {
    private static final Pattern LOG_USE =
            Pattern.compile("Cumulative WAL: (\\S+) writes, (\\S+) syncs");

    @TempDir Path directory;

    /** How often the log was written and forced by the time each group was acknowledged. */
    private static final class Observed implements Storage.Place {
        private final Storage.Place place;
        private final List<String> atAcknowledgement = new ArrayList<>();
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private Storage.@Nullable Opened opened;

        Observed(Storage.Place place) {
            this.place = place;
        }

        @Override
        public Storage.Opened openForWriting() {
            opened = place.openForWriting();
            return opened;
        }

        @Override
        public Storage.Opened openForReading() {
            return place.openForReading();
        }

        @Override
        public boolean durable() {
            return place.durable();
        }

        @Override
        public String name() {
            return place.name();
        }

        @Override
        public void acknowledge(long version) {
            atAcknowledgement.add(version + ": " + logUse());
            reached.countDown();
            try {
                goOn.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            place.acknowledge(version);
        }

        @Override
        public void requireRoom() {
            place.requireRoom();
        }

        @Override
        public void close() {
            place.close();
        }

        private String logUse() {
            Storage.Opened open = opened;
            if (open == null) {
                return "not open";
            }
            try {
                Matcher use = LOG_USE.matcher(open.db().getProperty("rocksdb.dbstats"));
                return use.find() ? use.group(1) + " " + use.group(2) : "no figures";
            } catch (RocksDBException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    private Observed place() {
        return new Observed(
                DatabaseDirectory.open(
                        directory.resolve("db"), StorageConfig.defaults(), () -> Long.MAX_VALUE));
    }

    @Test
    void aCommitIsNotAnsweredBeforeItIsWrittenAndAcknowledged() throws Exception {
        Observed place = place();
        try (Engine engine = new Engine(new Storage(place), EngineClock.system(), Faults.NONE)) {
            byte[] key = {1};
            CompletableFuture<CommitRequest.Committed> outcome = new CompletableFuture<>();
            engine.commit(
                    new CommitRequest(
                            engine.latest().version(),
                            List.of(),
                            false,
                            List.of(key, Keys.after(key)),
                            List.of(new Mutation(MutationKind.SET, key, key)),
                            100,
                            null,
                            Runnable::run,
                            outcome));
            try {
                assertThat(place.reached.await(20, TimeUnit.SECONDS)).isTrue();
                assertThatThrownBy(() -> outcome.get(100, TimeUnit.MILLISECONDS))
                        .isInstanceOf(TimeoutException.class);
                assertThat(engine.latest().get(key)).as("seen before it is durable").isNull();
            } finally {
                place.goOn.countDown();
            }
            assertThat(outcome.get(20, TimeUnit.SECONDS).version()).isPositive();
            assertThat(engine.latest().get(key)).isEqualTo(key);
        }
    }

    @Test
    void everyGroupIsForcedToTheDiskBeforeItIsAcknowledged() throws RocksDBException {
        Observed place = place();
        place.goOn.countDown();
        try (Storage storage = new Storage(place)) {
            for (int version = 1; version <= 3; version++) {
                GroupWrites writes = new GroupWrites(storage::get);
                byte[] key = ("key" + version).getBytes(StandardCharsets.US_ASCII);
                writes.apply(new Mutation(MutationKind.SET, key, key), new byte[10]);
                storage.write(writes, version);
            }
        }
        assertThat(place.atAcknowledgement).containsExactly("1: 1 1", "2: 2 2", "3: 3 3");
    }
}
