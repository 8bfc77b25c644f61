package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** Opens engines. */
public final class Engines {
    private Engines() {}

    /**
     * Opens the database in a directory, creating an empty one when there is none.
     *
     * @throws OpenException when the directory cannot be used; it is left as it was
     */
    public static Engine onDisk(
            Path directory, StorageConfig config, EngineClock clock, Faults faults) {
        Path place = directory.toAbsolutePath().normalize();
        return onDisk(place, config, clock, faults, () -> place.toFile().getUsableSpace());
    }

    static Engine onDisk(
            Path directory,
            StorageConfig config,
            EngineClock clock,
            Faults faults,
            LongSupplier freeBytes) {
        return start(DatabaseDirectory.open(directory, config, freeBytes), clock, faults);
    }

    /**
     * Copies a backup to an absent or empty directory, which can then be opened.
     *
     * @param progress told bytes copied so far and in all
     * @throws IOException when a file cannot be read or written
     */
    public static void restore(Path backup, Path directory, Backup.Progress progress)
            throws IOException {
        DatabaseDirectory.requireWhole(backup);
        Backup.restore(backup, directory, progress);
    }

    /** A database that lives in memory and is gone when it is closed. */
    public static Engine inMemory(StorageConfig config, EngineClock clock, Faults faults) {
        return start(new Memory(config), clock, faults);
    }

    private static Engine start(Storage.Place place, EngineClock clock, Faults faults) {
        Storage storage;
        try {
            storage = new Storage(place);
        } catch (RuntimeException failure) {
            place.close();
            throw failure;
        }
        try {
            return new Engine(storage, clock, faults);
        } catch (RuntimeException failure) {
            storage.close();
            throw failure;
        }
    }

    private record Memory(StorageConfig config) implements Storage.Place {
        @Override
        public Storage.Opened openForWriting() {
            RocksFiles files = RocksFiles.inMemory(config);
            try {
                return new Storage.Opened(RocksDB.open(files.options(), "/memory"), files);
            } catch (RocksDBException failure) {
                files.close();
                throw new IllegalStateException("cannot make a database in memory", failure);
            }
        }

        @Override
        public Storage.Opened openForReading() {
            return openForWriting();
        }

        @Override
        public boolean durable() {
            return false;
        }

        @Override
        public String name() {
            return "memory";
        }

        @Override
        public void acknowledge(long version) {}

        @Override
        public void requireRoom() {}

        @Override
        public void close() {}
    }
}
