package dev.holdfast.embeddedfdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

/**
 * What a killed process cannot prove, because the operating system keeps its writes: that a group
 * was forced to the disk before it counts as acknowledged.
 */
final class DurabilityTest {
    private static final Pattern LOG_USE =
            Pattern.compile("Cumulative WAL: (\\S+) writes, (\\S+) syncs");

    @TempDir Path directory;

    /** How often the log was written and forced by the time each group was acknowledged. */
    private static final class Observed implements Storage.Place {
        private final Storage.Place place;
        private final List<String> atAcknowledgement = new ArrayList<>();
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

    @Test
    void everyGroupIsForcedToTheDiskBeforeItIsAcknowledged() throws RocksDBException {
        Observed place =
                new Observed(
                        DatabaseDirectory.open(
                                directory.resolve("db"),
                                StorageConfig.defaults(),
                                () -> Long.MAX_VALUE));
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
