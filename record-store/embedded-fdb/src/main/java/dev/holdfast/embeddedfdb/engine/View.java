package dev.holdfast.embeddedfdb.engine;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.Status;

/**
 * The database as it was at one version. A view is retired when it leaves the window; reads through
 * a retired view fail with 1007.
 */
public final class View extends Counted {
    private final Storage.Handle handle;
    private final Snapshot snapshot;
    private final ReadOptions options;
    private final ReadOptions cachedOptions;
    private final long version;
    private final Stored whole = new Stored(this, false);
    private final Stored cached;

    View(Storage.Handle handle, long version) {
        if (!handle.acquire()) {
            throw new IllegalStateException("the storage is closed");
        }
        this.handle = handle;
        this.version = version;
        snapshot = handle.db().getSnapshot();
        options = new ReadOptions().setSnapshot(snapshot);
        cachedOptions =
                new ReadOptions().setSnapshot(snapshot).setReadTier(ReadTier.BLOCK_CACHE_TIER);
        cached = handle.onDisk() ? new Stored(this, true) : whole;
    }

    /** Everything stored; reading it may wait for the disk. */
    public Stored whole() {
        return whole;
    }

    /** What can be read without waiting for the disk; {@link NotInMemory} tells of the rest. */
    public Stored cached() {
        return cached;
    }

    public long version() {
        return version;
    }

    /** The value at this version, or null; it may wait for the disk. */
    public byte @Nullable [] get(byte[] key) {
        return get(key, false);
    }

    byte @Nullable [] get(byte[] key, boolean inMemoryOnly) {
        use();
        try {
            return handle.db().get(inMemoryOnly ? cachedOptions : options, key);
        } catch (RocksDBException failure) {
            throw failed(failure);
        } finally {
            release();
        }
    }

    private RuntimeException failed(RocksDBException failure) {
        Status status = failure.getStatus();
        return status != null && status.getCode() == Status.Code.Incomplete
                ? new NotInMemory()
                : handle.readFailed(failure);
    }

    /** A cursor over this version; it must be closed soon, for it holds the view. */
    public Cursor cursor() {
        return cursor(false);
    }

    Cursor cursor(boolean inMemoryOnly) {
        use();
        return new Cursor(handle.db().newIterator(inMemoryOnly ? cachedOptions : options));
    }

    private void use() {
        if (!acquire()) {
            throw FdbError.TRANSACTION_TOO_OLD.exception();
        }
    }

    @Override
    void free() {
        options.close();
        cachedOptions.close();
        handle.db().releaseSnapshot(snapshot);
        handle.release();
    }

    /** Walks the keys of a view in either direction, never beyond {@link Keys#ALL_END}. */
    public final class Cursor implements AutoCloseable {
        private final RocksIterator rows;
        private byte @Nullable [] key;

        private Cursor(RocksIterator rows) {
            this.rows = rows;
        }

        /** Goes to the first key at or after the given one. */
        public void seek(byte[] target) {
            rows.seek(target);
            load();
        }

        /** Goes to the last key before the given one. */
        public void seekBefore(byte[] target) {
            rows.seekForPrev(target);
            load();
            if (key != null && Keys.compare(key, target) == 0) {
                previous();
            }
        }

        public void next() {
            rows.next();
            load();
        }

        public void previous() {
            rows.prev();
            load();
        }

        private void load() {
            if (rows.isValid()) {
                byte[] found = rows.key();
                key = Keys.compare(found, Keys.ALL_END) < 0 ? found : null;
                return;
            }
            key = null;
            try {
                rows.status();
            } catch (RocksDBException failure) {
                throw failed(failure);
            }
        }

        /** The key the cursor stands on, or null past either end. */
        public byte @Nullable [] key() {
            return key;
        }

        public byte[] value() {
            return rows.value();
        }

        @Override
        public void close() {
            rows.close();
            release();
        }
    }
}
