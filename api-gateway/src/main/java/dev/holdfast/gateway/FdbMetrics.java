package dev.holdfast.gateway;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.record.provider.common.StoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.apple.foundationdb.record.provider.foundationdb.TransactionListener;
import dev.holdfast.gateway.http.Operation;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Histogram;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What the Record Layer's transactions cost, by what they were for. One object sees all
 * transactions of a database; a transaction is made and closed on the thread that serves a request,
 * by which it is known what it is for.
 */
public final class FdbMetrics implements TransactionListener {
    private static final int CAUSES_MAX = 16;

    private final Counter transactions;
    private final Counter retries;
    private final Histogram duration;
    private final Histogram reads;
    private final ConcurrentMap<Transaction, Running> running = new ConcurrentHashMap<>();

    /** A transaction between its beginning and its end. */
    private static final class Running {
        private final String operation = Operation.current();
        private final long beganNanos = System.nanoTime();
        private volatile @Nullable String outcome;
    }

    public FdbMetrics(CollectorRegistry registry) {
        transactions =
                Counter.build(
                                "holdfast_fdb_transactions_total",
                                "Transactions by how they ended: committed, read (nothing was to be"
                                        + " committed), conflict, failed.")
                        .labelNames("outcome")
                        .register(registry);
        retries =
                Counter.build(
                                "holdfast_fdb_retries_total",
                                "Commits that FoundationDB refused or lost, by its error code; each"
                                        + " is tried again.")
                        .labelNames("code")
                        .register(registry);
        duration =
                Histogram.build(
                                "holdfast_fdb_transaction_duration_seconds",
                                "From the beginning of a transaction to its end.")
                        .labelNames("op")
                        .buckets(.001, .003, .01, .03, .1, .3, 1, 5)
                        .register(registry);
        reads =
                Histogram.build(
                                "holdfast_fdb_reads_per_op",
                                "Keys and ranges read by a transaction.")
                        .labelNames("op")
                        .buckets(2, 5, 10, 20, 50, 200, 1_000)
                        .register(registry);
    }

    @Override
    public void create(FDBDatabase database, Transaction transaction) {
        running.put(transaction, new Running());
    }

    @Override
    public void commit(
            FDBDatabase database,
            Transaction transaction,
            @Nullable StoreTimer timer,
            @Nullable Throwable failure) {
        Running known = running.get(transaction);
        if (known == null) {
            return;
        }
        if (failure == null) {
            known.outcome = "committed";
            return;
        }
        FDBException cause = cause(failure);
        known.outcome = cause != null && cause.getCode() == 1020 ? "conflict" : "failed";
        if (cause != null) {
            retries.labels(Integer.toString(cause.getCode())).inc();
        }
    }

    @Override
    public void close(FDBDatabase database, Transaction transaction, @Nullable StoreTimer timer) {
        Running known = running.remove(transaction);
        if (known == null) {
            return;
        }
        String outcome = known.outcome;
        transactions.labels(outcome == null ? "read" : outcome).inc();
        duration.labels(known.operation).observe((System.nanoTime() - known.beganNanos) / 1e9);
        if (timer != null) {
            reads.labels(known.operation).observe(timer.getCount(FDBStoreTimer.Counts.READS));
        }
    }

    private static @Nullable FDBException cause(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; i < CAUSES_MAX && cause != null; i++) {
            if (cause instanceof FDBException fault) {
                return fault;
            }
            cause = cause.getCause();
        }
        return null;
    }
}
