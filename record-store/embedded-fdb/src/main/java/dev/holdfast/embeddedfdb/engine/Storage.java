package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ordered store: writes groups atomically and durably, and hands out views. The commit thread
 * writes; any thread reads.
 */
final class Storage implements AutoCloseable {
    static {
        RocksDB.loadLibrary();
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(Storage.class);

    /** Behind everything users can reach, in the same log and batch as their data. */
    static final byte[] VERSION_KEY = concat(Keys.ALL_END, (byte) 0xff, "/holdfast/version");

    /** A cleared range with more keys than this becomes one range tombstone. */
    private static final int POINT_CLEARS_MAX = 128;

    private static final long REOPEN_PAUSE_NANOS = 1_000_000_000;
    private static final long DRAIN_SECONDS_MAX = 10;

    private final Place place;
    private final WriteOptions writeOptions;
    private final ReadOptions latest = new ReadOptions();
    private volatile Handle handle;
    private volatile boolean writable = true;
    private long lastReopenNanos;

    /** Where the data is kept. */
    interface Place extends AutoCloseable {
        /**
         * Opens the data for reading and writing.
         *
         * @throws OpenException when it cannot be written
         */
        Opened openForWriting();

        /**
         * Opens the data for reading.
         *
         * @throws OpenException when it cannot be read
         */
        Opened openForReading();

        /** Whether writes must reach a disk before they count. */
        boolean durable();

        /** Its name in messages. */
        String name();

        /** Everything up to this version is durable and about to be acknowledged. */
        void acknowledge(long version);

        /**
         * Checks that a commit may be tried.
         *
         * @throws EmbeddedFdbException when a commit should not be tried for lack of room
         */
        void requireRoom();

        @Override
        void close();
    }

    /** RocksDB opened, with what must be closed after it. */
    record Opened(RocksDB db, RocksFiles files) {}

    /** What became of a group whose write failed. */
    enum Outcome {
        COMMITTED,
        NOT_COMMITTED,
        UNKNOWN
    }

    /** The open database, closed when the last view of it is gone. */
    static final class Handle extends Counted {
        private final Opened opened;
        private final String name;
        private final boolean onDisk;
        private final CountDownLatch closed = new CountDownLatch(1);

        Handle(Opened opened, Place place) {
            this.opened = opened;
            name = place.name();
            onDisk = place.durable();
        }

        /** Whether a read may have to wait for a disk. */
        boolean onDisk() {
            return onDisk;
        }

        RocksDB db() {
            return opened.db();
        }

        EmbeddedFdbException readFailed(RocksDBException failure) {
            EmbeddedFdbException error =
                    FdbError.IO_ERROR.exception(
                            "reading the database in "
                                    + name
                                    + " failed ("
                                    + failure.getMessage()
                                    + "); check the disk, then restore the newest backup");
            error.initCause(failure);
            return error;
        }

        @Override
        void free() {
            opened.db().close();
            opened.files().close();
            closed.countDown();
        }
    }

    /**
     * Opens the data for writing.
     *
     * @param place closed with this storage
     * @throws OpenException when it cannot be
     */
    Storage(Place place) {
        this.place = place;
        handle = new Handle(place.openForWriting(), place);
        writeOptions = new WriteOptions();
        if (place.durable()) {
            writeOptions.setSync(true);
        } else {
            writeOptions.setDisableWAL(true);
        }
    }

    private static byte[] concat(byte[] first, byte second, String third) {
        byte[] text = third.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(first.length + 1 + text.length)
                .put(first)
                .put(second)
                .put(text)
                .array();
    }

    View view(long version) {
        return new View(handle, version);
    }

    /** The version of the last group written, or 0 in a new database. */
    long lastVersion() {
        try {
            return lastVersion(handle.db());
        } catch (RocksDBException failure) {
            throw handle.readFailed(failure);
        }
    }

    static long lastVersion(RocksDB db) throws RocksDBException {
        byte[] stored = db.get(VERSION_KEY);
        return stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
    }

    String name() {
        return place.name();
    }

    boolean isWritable() {
        return writable;
    }

    /** Something that only reads the open database. */
    private interface Reading<T> {
        T from(RocksDB db) throws RocksDBException;
    }

    private <T> T reading(T whenClosed, Reading<T> reading) {
        Handle open = handle;
        if (!open.acquire()) {
            return whenClosed;
        }
        try {
            return reading.from(open.db());
        } catch (RocksDBException failure) {
            throw open.readFailed(failure);
        } finally {
            open.release();
        }
    }

    /** Approximate size of all data, in bytes. */
    long storedBytes() {
        return reading(
                0L,
                db ->
                        db.getLongProperty("rocksdb.total-sst-files-size")
                                + db.getLongProperty("rocksdb.cur-size-all-mem-tables"));
    }

    /**
     * Approximate size of a range, in bytes. It is the difference between what lies before its two
     * ends, so that the parts of a range add up to the whole.
     */
    long approximateBytes(byte[] begin, byte[] end) {
        try (Slice first = new Slice(Keys.EMPTY);
                Slice from = new Slice(begin);
                Slice to = new Slice(end)) {
            return reading(
                    0L,
                    db -> {
                        long[] before =
                                db.getApproximateSizes(
                                        List.of(new Range(first, from), new Range(first, to)),
                                        SizeApproximationFlag.INCLUDE_FILES,
                                        SizeApproximationFlag.INCLUDE_MEMTABLES);
                        return Math.max(0, before[1] - before[0]);
                    });
        }
    }

    /** Copies the data at some moment of this call. */
    void backup(Path target, Backup.Progress progress) throws IOException {
        Handle open = handle;
        if (!open.acquire()) {
            throw FdbError.OPERATION_CANCELLED.exception("the database is closed");
        }
        try {
            Backup.copy(open.db(), target, progress);
        } catch (RocksDBException failure) {
            throw new IOException("cannot take a backup of " + place.name(), failure);
        } finally {
            open.release();
        }
    }

    /** The latest value; for the commit thread. */
    byte @Nullable [] get(byte[] key) {
        Handle open = forCommit();
        try {
            return open.db().get(latest, key);
        } catch (RocksDBException failure) {
            throw open.readFailed(failure);
        } finally {
            open.release();
        }
    }

    /** The open database, held; there is none while a broken one could not be opened again. */
    private Handle forCommit() {
        Handle open = handle;
        if (!open.acquire()) {
            throw notWritable();
        }
        return open;
    }

    private EmbeddedFdbException notWritable() {
        return FdbError.IO_ERROR.exception(
                "the database in "
                        + place.name()
                        + " could not be written and is open for reading at most; check that its"
                        + " disk has space and is writable, then commits are accepted again");
    }

    /** Whether there is anything to read from. */
    boolean isOpen() {
        return !handle.isRetired();
    }

    /**
     * Writes a group as one atomic unit and returns when it is durable.
     *
     * @throws RocksDBException when it may not be; {@link #afterFailedWrite} must follow
     * @throws EmbeddedFdbException when nothing was written
     */
    void write(GroupWrites writes, long version) throws RocksDBException {
        place.requireRoom();
        if (!writable) {
            throw notWritable();
        }
        Handle open = forCommit();
        try (WriteBatch batch = new WriteBatch()) {
            addClears(open.db(), batch, writes);
            for (Map.Entry<byte[], byte @Nullable []> entry : writes.values().entrySet()) {
                byte[] value = entry.getValue();
                if (value == null) {
                    batch.delete(entry.getKey());
                } else {
                    batch.put(entry.getKey(), value);
                }
            }
            batch.put(VERSION_KEY, ByteBuffer.allocate(Long.BYTES).putLong(version).array());
            open.db().write(writeOptions, batch);
        } finally {
            open.release();
        }
        place.acknowledge(version);
    }

    /**
     * Tries a broken storage again, now and then; for the commit thread, before a group.
     *
     * @param letGo retires every view
     * @return whether it was opened anew
     * @throws EmbeddedFdbException when there is still nothing to read from
     */
    boolean reopenIfBroken(Runnable letGo) {
        if (writable || System.nanoTime() - lastReopenNanos < REOPEN_PAUSE_NANOS) {
            return false;
        }
        try {
            reopen(letGo);
        } catch (OpenException unreadable) {
            LOGGER.warn("The database in {} cannot be used for now", place.name(), unreadable);
            throw notWritable();
        }
        return true;
    }

    /**
     * Brings the storage back after a write failed. RocksDB takes no more writes then, so it is
     * opened anew, which also tells what reached the disk; while that fails, it is opened for
     * reading.
     *
     * @param letGo retires every view
     */
    Outcome afterFailedWrite(long version, Runnable letGo) {
        if (!place.durable()) {
            return Outcome.UNKNOWN;
        }
        try {
            reopen(letGo);
            if (!writable) {
                return Outcome.UNKNOWN;
            }
            if (lastVersion() < version) {
                return Outcome.NOT_COMMITTED;
            }
        } catch (EmbeddedFdbException | OpenException unreadable) {
            LOGGER.warn("The database in {} cannot be used for now", place.name(), unreadable);
            return Outcome.UNKNOWN;
        }
        place.acknowledge(version);
        return Outcome.COMMITTED;
    }

    private void reopen(Runnable letGo) {
        writable = false;
        lastReopenNanos = System.nanoTime();
        Handle old = handle;
        letGo.run();
        old.retire();
        awaitClosed(old);
        Opened opened;
        boolean forWriting = true;
        try {
            opened = place.openForWriting();
        } catch (OpenException refused) {
            LOGGER.warn("The database in {} is read only for now", place.name(), refused);
            opened = place.openForReading();
            forWriting = false;
        }
        handle = new Handle(opened, place);
        writable = forWriting;
    }

    private static void awaitClosed(Handle handle) {
        boolean interrupted = false;
        while (true) {
            try {
                if (!handle.closed.await(DRAIN_SECONDS_MAX, TimeUnit.SECONDS)) {
                    throw FdbError.IO_ERROR.exception("readers keep the broken storage open");
                }
                break;
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void addClears(RocksDB db, WriteBatch batch, GroupWrites writes)
            throws RocksDBException {
        if (writes.cleared().isEmpty()) {
            return;
        }
        try (RocksIterator rows = db.newIterator(latest)) {
            for (Map.Entry<byte[], byte[]> range : writes.cleared().asMap().entrySet()) {
                if (!clearOneByOne(batch, rows, range.getKey(), range.getValue())) {
                    batch.deleteRange(range.getKey(), range.getValue());
                }
            }
        }
    }

    /**
     * Clears a range key by key, which later reads pass faster than a range tombstone; false when
     * it holds too many keys.
     */
    private static boolean clearOneByOne(
            WriteBatch batch, RocksIterator rows, byte[] begin, byte[] end)
            throws RocksDBException {
        int cleared = 0;
        for (rows.seek(begin); rows.isValid(); rows.next()) {
            byte[] key = rows.key();
            if (Keys.compare(key, end) >= 0) {
                return true;
            }
            if (++cleared > POINT_CLEARS_MAX) {
                return false;
            }
            batch.delete(key);
        }
        rows.status();
        return true;
    }

    @Override
    public void close() {
        handle.retire();
        try {
            awaitClosed(handle);
        } finally {
            writeOptions.close();
            latest.close();
            place.close();
        }
    }
}
