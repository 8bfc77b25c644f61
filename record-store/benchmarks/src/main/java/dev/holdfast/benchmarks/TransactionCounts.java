package dev.holdfast.benchmarks;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.record.provider.common.StoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.TransactionListener;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts what all transactions of a database read and write. */
final class TransactionCounts implements TransactionListener {
    private final LongAdder transactions = new LongAdder();
    private final LongAdder reads = new LongAdder();
    private final LongAdder readBytes = new LongAdder();
    private final LongAdder keys = new LongAdder();
    private final LongAdder writtenBytes = new LongAdder();

    /** Sums up to a moment. */
    record Sums(long transactions, long reads, long readBytes, long keys, long writtenBytes) {
        Sums since(Sums before) {
            return new Sums(
                    transactions - before.transactions,
                    reads - before.reads,
                    readBytes - before.readBytes,
                    keys - before.keys,
                    writtenBytes - before.writtenBytes);
        }

        /** What one of so many operations took. */
        String per(long operations) {
            double each = Math.max(1, operations);
            return String.format(
                    Locale.ROOT,
                    "%.2f tx, %.1f reads, %,.0f B read, %.1f keys, %,.0f B written",
                    transactions / each,
                    reads / each,
                    readBytes / each,
                    keys / each,
                    writtenBytes / each);
        }
    }

    Sums sums() {
        return new Sums(
                transactions.sum(), reads.sum(), readBytes.sum(), keys.sum(), writtenBytes.sum());
    }

    @Override
    public void create(FDBDatabase database, Transaction transaction) {}

    @Override
    public void commit(
            FDBDatabase database,
            Transaction transaction,
            @Nullable StoreTimer storeTimer,
            @Nullable Throwable exception) {}

    @Override
    public void close(
            FDBDatabase database, Transaction transaction, @Nullable StoreTimer storeTimer) {
        if (storeTimer == null) {
            return;
        }
        transactions.increment();
        reads.add(storeTimer.getCount(FDBStoreTimer.Counts.READS));
        readBytes.add(storeTimer.getCount(FDBStoreTimer.Counts.BYTES_READ));
        writtenBytes.add(storeTimer.getCount(FDBStoreTimer.Counts.BYTES_WRITTEN));
        keys.add(
                storeTimer.getCount(FDBStoreTimer.Counts.WRITES)
                        + storeTimer.getCount(FDBStoreTimer.Counts.DELETES)
                        + storeTimer.getCount(FDBStoreTimer.Counts.MUTATIONS));
    }
}
