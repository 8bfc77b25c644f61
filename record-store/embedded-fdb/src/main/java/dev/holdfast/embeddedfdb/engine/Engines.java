package dev.holdfast.embeddedfdb.engine;

import java.nio.file.Path;
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
        DatabaseDirectory held = DatabaseDirectory.open(directory.toAbsolutePath().normalize());
        try {
            RocksFiles files = RocksFiles.onDisk(config, held.path().toString());
            Storage storage = new Storage(held.openData(files), files);
            return new Engine(storage, clock, faults, held);
        } catch (RuntimeException failure) {
            held.close();
            throw failure;
        }
    }

    /** A database that lives in memory and is gone when it is closed. */
    public static Engine inMemory(StorageConfig config, EngineClock clock, Faults faults) {
        RocksFiles files = RocksFiles.inMemory(config);
        try {
            Storage storage = new Storage(RocksDB.open(files.options(), "/memory"), files);
            return new Engine(storage, clock, faults, () -> {});
        } catch (RocksDBException failure) {
            files.close();
            throw new IllegalStateException("cannot make a database in memory", failure);
        }
    }
}
