package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Any database behind the binding's interfaces: the embedded engine or a real cluster. */
final class BindingTarget implements Target {
    private final Database database;

    BindingTarget(Database database) {
        this.database = database;
    }

    @Override
    public Session begin() {
        return new BindingSession(database.createTransaction());
    }

    @Override
    public <T> T run(Function<Session, T> body) {
        return database.run(transaction -> body.apply(new BindingSession(transaction)));
    }

    private static final class BindingSession implements Session {
        private final Transaction transaction;

        BindingSession(Transaction transaction) {
            this.transaction = transaction;
        }

        private ReadTransaction reader(boolean snapshot) {
            return snapshot ? transaction.snapshot() : transaction;
        }

        @Override
        public CompletableFuture<byte[]> get(byte[] key, boolean snapshot) {
            return reader(snapshot).get(key);
        }

        @Override
        public byte[] getKey(KeySelector selector, boolean snapshot) {
            return reader(snapshot).getKey(selector).join();
        }

        /** Reads by iterator or as a list, by turns of the limit: both must see the same. */
        @Override
        public List<KeyValue> getRange(Query query) {
            var rows =
                    reader(query.snapshot())
                            .getRange(
                                    query.begin(),
                                    query.end(),
                                    query.limit(),
                                    query.reverse(),
                                    query.mode());
            if (query.limit() % 2 == 0) {
                return rows.asList().join();
            }
            List<KeyValue> found = new ArrayList<>();
            rows.forEach(found::add);
            return found;
        }

        @Override
        public long readVersion() {
            return transaction.getReadVersion().join();
        }

        @Override
        public void setReadVersion(long version) {
            transaction.setReadVersion(version);
        }

        @Override
        public void estimatedRangeSize(byte[] begin, byte[] end) {
            transaction.getEstimatedRangeSizeBytes(begin, end).join();
        }

        @Override
        public void rangeSplitPoints(byte[] begin, byte[] end, long chunkBytes) {
            transaction.getRangeSplitPoints(begin, end, chunkBytes).join();
        }

        @Override
        public void set(byte[] key, byte[] value) {
            transaction.set(key, value);
        }

        @Override
        public void clear(byte[] key) {
            transaction.clear(key);
        }

        @Override
        public void clear(byte[] begin, byte[] end) {
            transaction.clear(begin, end);
        }

        @Override
        public void mutate(MutationType type, byte[] key, byte[] operand) {
            transaction.mutate(type, key, operand);
        }

        @Override
        public void addReadConflict(byte[] begin, byte[] end) {
            transaction.addReadConflictRange(begin, end);
        }

        @Override
        public void addWriteConflict(byte[] begin, byte[] end) {
            transaction.addWriteConflictRange(begin, end);
        }

        @Override
        public void option(Option option) {
            switch (option) {
                case NEXT_WRITE_NO_WRITE_CONFLICT_RANGE ->
                        transaction.options().setNextWriteNoWriteConflictRange();
                case READ_YOUR_WRITES_DISABLE -> transaction.options().setReadYourWritesDisable();
                case SNAPSHOT_RYW_DISABLE -> transaction.options().setSnapshotRywDisable();
            }
        }

        @Override
        public CompletableFuture<Void> commit() {
            return transaction.commit();
        }

        @Override
        public long committedVersion() {
            return transaction.getCommittedVersion();
        }

        @Override
        public long approximateSize() {
            return transaction.getApproximateSize().join();
        }

        @Override
        public CompletableFuture<byte[]> versionstamp() {
            return transaction.getVersionstamp();
        }

        @Override
        public Session onError(int code) {
            FDBException failure = new FDBException("made up by the program", code);
            return new BindingSession(transaction.onError(failure).join());
        }

        @Override
        public void cancel() {
            transaction.cancel();
        }

        @Override
        public void close() {
            transaction.close();
        }
    }
}
