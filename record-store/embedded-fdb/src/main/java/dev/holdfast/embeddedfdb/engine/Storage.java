package dev.holdfast.embeddedfdb.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The ordered store: writes groups atomically and durably, and hands out views. The commit thread
 * writes; any thread reads.
 */
final class Storage implements AutoCloseable {
    /** Behind everything users can reach, in the same log and batch as their data. */
    static final byte[] VERSION_KEY = concat(Keys.ALL_END, (byte) 0xff, "/holdfast/version");

    /** A cleared range with more keys than this becomes one range tombstone. */
    private static final int POINT_CLEARS_MAX = 128;

    private final Handle handle;
    private final WriteOptions writeOptions;
    private final ReadOptions latest = new ReadOptions();

    /** The open database, closed when the last view of it is gone. */
    static final class Handle extends Counted {
        private final RocksDB db;
        private final RocksFiles files;

        Handle(RocksDB db, RocksFiles files) {
            this.db = db;
            this.files = files;
        }

        RocksDB db() {
            return db;
        }

        EmbeddedFdbException readFailed(RocksDBException failure) {
            EmbeddedFdbException error =
                    FdbError.IO_ERROR.exception(
                            "reading the database in "
                                    + files.place()
                                    + " failed ("
                                    + failure.getMessage()
                                    + "); check the disk, then restore the newest backup");
            error.initCause(failure);
            return error;
        }

        @Override
        void free() {
            db.close();
            files.close();
        }
    }

    Storage(RocksDB db, RocksFiles files) {
        handle = new Handle(db, files);
        writeOptions = new WriteOptions();
        if (files.durable()) {
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

    Handle handle() {
        return handle;
    }

    /** The version of the last group written, or 0 in a new database. */
    long lastVersion() {
        byte[] stored = get(VERSION_KEY);
        return stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
    }

    /** The latest value; for the commit thread. */
    byte @Nullable [] get(byte[] key) {
        try {
            return handle.db().get(latest, key);
        } catch (RocksDBException failure) {
            throw handle.readFailed(failure);
        }
    }

    /**
     * Writes a group as one atomic unit and returns when it is durable.
     *
     * @throws RocksDBException when it may not be
     */
    void write(GroupWrites writes, long version) throws RocksDBException {
        try (WriteBatch batch = new WriteBatch()) {
            addClears(batch, writes);
            for (Map.Entry<byte[], byte @Nullable []> entry : writes.values().entrySet()) {
                byte[] value = entry.getValue();
                if (value == null) {
                    batch.delete(entry.getKey());
                } else {
                    batch.put(entry.getKey(), value);
                }
            }
            batch.put(VERSION_KEY, ByteBuffer.allocate(Long.BYTES).putLong(version).array());
            handle.db().write(writeOptions, batch);
        }
    }

    private void addClears(WriteBatch batch, GroupWrites writes) throws RocksDBException {
        if (writes.cleared().isEmpty()) {
            return;
        }
        try (RocksIterator rows = handle.db().newIterator(latest)) {
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
        writeOptions.close();
        latest.close();
    }
}
