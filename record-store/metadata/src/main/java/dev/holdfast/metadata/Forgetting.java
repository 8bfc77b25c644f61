package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.CommitTime;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.LinkCodeRow;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Removes what nobody can ask for any more: tombstones, finished jobs, spent link codes, the times
 * of commits the feed has forgotten. Each by an index of when it ended.
 */
final class Forgetting {
    private static final int ROWS_MAX = 100;

    /** Finished jobs are remembered for. */
    private static final Duration JOBS = Duration.ofDays(7);

    /** A code answers its own device again for, after it expired. */
    private static final Duration LINK_CODES = Duration.ofDays(1);

    private final MetadataConfig config;

    Forgetting(MetadataConfig config) {
        this.config = config;
    }

    private long ago(Duration time) {
        return config.clock().millis() - time.toMillis();
    }

    /**
     * Tombstones that are as old as the feed. The floor rises in the same transaction: a read of
     * the state that began before one of them and goes on begins anew.
     */
    boolean tombstones(RecordTransaction transaction, Namespace namespace) {
        ByteString ns = namespace.getNs();
        Cell cell = Cells.load(transaction);
        List<Stored<Node>> due =
                transaction.join(
                        transaction.byIndex(
                                Node.class,
                                Schema.Type.NODE,
                                Schema.NODE_PURGED,
                                RecordTransaction.between(
                                        RecordTransaction.parts(ns, 0L),
                                        RecordTransaction.parts(ns, ago(config.changeRetention()))),
                                RecordTransaction.forward(ROWS_MAX)));
        if (due.isEmpty()) {
            return false;
        }
        Namespace.Builder next = withFloors(cell, namespace);
        FDBRecordVersion floor =
                next.hasTombstoneFloor()
                        ? FeedCursor.version(next.getTombstoneFloor())
                        : FDBRecordVersion.MIN_VERSION;
        List<CompletableFuture<?>> writes = new ArrayList<>();
        for (Stored<Node> stored : due) {
            FDBRecordVersion version = Objects.requireNonNull(stored.version());
            if (stored.record().getIncarnation() == cell.getIncarnation()
                    && version.compareTo(floor) > 0) {
                floor = version;
            }
            writes.add(transaction.delete(Schema.Type.NODE, ns, stored.record().getNode()));
        }
        next.setTombstoneFloor(ByteString.copyFrom(floor.toBytes()));
        writes.add(transaction.save(Schema.Type.NAMESPACE, next.build()));
        transaction.joinAll(writes);
        return true;
    }

    /** The namespace without floors that another incarnation has left. */
    static Namespace.Builder withFloors(Cell cell, Namespace namespace) {
        Namespace.Builder next = namespace.toBuilder();
        if (!FeedCursor.hasFloors(cell, namespace)) {
            next.clearChangeFloor().clearTombstoneFloor();
        }
        return next.setFloorIncarnation(cell.getIncarnation());
    }

    /** What belongs to no namespace; false when nothing was due. */
    boolean expired(RecordTransaction transaction) {
        int rows =
                drop(
                                transaction,
                                Job.class,
                                Schema.Type.JOB,
                                Schema.JOB_FINISHED,
                                ago(JOBS),
                                job -> new Object[] {job.getJob()})
                        + drop(
                                transaction,
                                LinkCodeRow.class,
                                Schema.Type.LINK_CODE,
                                Schema.LINK_CODE_EXPIRY,
                                ago(LINK_CODES),
                                code -> new Object[] {code.getCodeHash()})
                        + drop(
                                transaction,
                                CommitTime.class,
                                Schema.Type.COMMIT_TIME,
                                Schema.COMMIT_TIME_AT,
                                ago(config.changeRetention()),
                                time -> new Object[] {time.getIncarnation(), time.getVersion()});
        return rows > 0;
    }

    private static <M extends Message> int drop(
            RecordTransaction transaction,
            Class<M> as,
            Schema.Type type,
            String index,
            long untilMillis,
            Function<M, Object[]> key) {
        List<Stored<M>> due =
                transaction.join(
                        transaction.byIndex(
                                as,
                                type,
                                index,
                                RecordTransaction.between(
                                        RecordTransaction.parts(0L),
                                        RecordTransaction.parts(untilMillis)),
                                RecordTransaction.forward(ROWS_MAX)));
        transaction.joinAll(
                due.stream()
                        .map(row -> transaction.delete(type, key.apply(row.record())))
                        .toList());
        return due.size();
    }
}
