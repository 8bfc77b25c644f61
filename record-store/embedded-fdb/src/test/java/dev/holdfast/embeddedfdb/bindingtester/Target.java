package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.StreamingMode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A database that a stack machine can work on: as much of the binding as the instructions need. */
interface Target {
    /** Makes a transaction of its own. */
    Session begin();

    /** Runs work in a transaction, again and again until it commits or fails for good. */
    <T> T run(Function<Session, T> body);

    /** Where a range read starts and ends, and how it is read. */
    record Query(
            KeySelector begin,
            KeySelector end,
            int limit,
            boolean reverse,
            StreamingMode mode,
            boolean snapshot) {}

    /** The options that programs set. */
    enum Option {
        NEXT_WRITE_NO_WRITE_CONFLICT_RANGE,
        READ_YOUR_WRITES_DISABLE,
        SNAPSHOT_RYW_DISABLE
    }

    /** A transaction. Futures and methods fail with {@code FDBException}s. */
    interface Session {
        /** The future's value is null where there is no value. */
        CompletableFuture<byte[]> get(byte[] key, boolean snapshot);

        byte[] getKey(KeySelector selector, boolean snapshot);

        List<KeyValue> getRange(Query query);

        long readVersion();

        void setReadVersion(long version);

        void estimatedRangeSize(byte[] begin, byte[] end);

        void rangeSplitPoints(byte[] begin, byte[] end, long chunkBytes);

        void set(byte[] key, byte[] value);

        void clear(byte[] key);

        void clear(byte[] begin, byte[] end);

        void mutate(MutationType type, byte[] key, byte[] operand);

        void addReadConflict(byte[] begin, byte[] end);

        void addWriteConflict(byte[] begin, byte[] end);

        void option(Option option);

        CompletableFuture<Void> commit();

        long committedVersion();

        long approximateSize();

        CompletableFuture<byte[]> versionstamp();

        /** Empties the transaction where the error can be tried again; else fails with it. */
        Session onError(int code);

        void cancel();

        void close();
    }
}
