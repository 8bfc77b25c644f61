package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.Backup;
import dev.holdfast.embeddedfdb.engine.EngineClock;
import dev.holdfast.embeddedfdb.engine.Engines;
import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.StorageConfig;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A FoundationDB in this process: opens databases that behave like a cluster's at API version 710,
 * with no native library and no server.
 *
 * <pre>{@code
 * try (Database database = EmbeddedFoundationDb.open(Path.of("data"))) {
 *     database.run(transaction -> {
 *         transaction.set(Tuple.from("hello").pack(), Tuple.from("world").pack());
 *         return null;
 *     });
 * }
 * }</pre>
 */
public final class EmbeddedFoundationDb {
    private EmbeddedFoundationDb() {}

    /**
     * Opens the database in a directory, creating an empty one when there is none. An acknowledged
     * commit survives the end of the process at any moment.
     *
     * @throws dev.holdfast.embeddedfdb.engine.OpenException when the directory cannot be used: it
     *     is locked by another process, damaged, of a newer format, not writable, or the disk is
     *     full
     */
    public static EmbeddedDatabase open(Path directory) {
        return open(directory, StorageConfig.defaults());
    }

    /** Like {@link #open(Path)}, with chosen sizes. */
    public static EmbeddedDatabase open(Path directory, StorageConfig config) {
        return open(directory, config, EngineClock.system(), Faults.NONE);
    }

    /** Like {@link #open(Path)}, with the clock and the failures given by a test. */
    public static EmbeddedDatabase open(
            Path directory, StorageConfig config, EngineClock clock, Faults faults) {
        NativeClient.prepare();
        return new EmbeddedDatabase(Engines.onDisk(directory, config, clock, faults));
    }

    /**
     * Copies a backup to an absent or empty directory, after checking that it is whole.
     *
     * @param progress told bytes copied so far and in all
     * @throws IOException when a file cannot be read or written
     * @throws dev.holdfast.embeddedfdb.engine.OpenException when the backup is damaged or of a
     *     newer format
     */
    public static void restore(Path backup, Path directory, Backup.Progress progress)
            throws IOException {
        Engines.restore(backup.toAbsolutePath(), directory.toAbsolutePath(), progress);
    }

    /** A database that lives in memory and is gone when it is closed. */
    public static EmbeddedDatabase inMemory() {
        return inMemory(EngineClock.system(), Faults.NONE);
    }

    /** Like {@link #inMemory()}, with the clock and the failures given by a test. */
    public static EmbeddedDatabase inMemory(EngineClock clock, Faults faults) {
        NativeClient.prepare();
        return new EmbeddedDatabase(Engines.inMemory(StorageConfig.defaults(), clock, faults));
    }
}
