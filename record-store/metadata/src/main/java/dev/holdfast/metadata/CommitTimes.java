package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.CommitTime;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The map from wall clock to commit version, for people who name a time. While there are commits
 * each process notes one of them every few seconds, after it was committed and in a transaction of
 * its own: operations pay nothing for it.
 */
final class CommitTimes {
    private static final Logger LOG = LoggerFactory.getLogger(CommitTimes.class);
    private static final long STEP_MILLIS = 5_000;
    private static final int SETS_PER_READ = 100;

    private final RecordDatabase database;
    private final MetadataConfig config;
    private final AtomicLong notedAtMillis = new AtomicLong(Long.MIN_VALUE);

    CommitTimes(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    /** To be called after a commit; mostly does nothing. */
    void note() {
        long version = database.lastCommitted();
        long now = config.clock().millis();
        long before = notedAtMillis.get();
        boolean due = before == Long.MIN_VALUE || Math.abs(now - before) >= STEP_MILLIS;
        if (version <= 0 || !due || !notedAtMillis.compareAndSet(before, now)) {
            return;
        }
        try {
            database.write(transaction -> save(transaction, version, now));
        } catch (MetadataUnavailableException e) {
            // What was committed is committed: a later one is noted instead.
            LOG.debug("the time of a commit was not noted", e);
        }
    }

    private static Object save(RecordTransaction transaction, long version, long now) {
        int incarnation = Cells.load(transaction).getIncarnation();
        return transaction.join(
                transaction.save(
                        Schema.Type.COMMIT_TIME,
                        CommitTime.newBuilder()
                                .setIncarnation(incarnation)
                                .setVersion(version)
                                .setAtMillis(now)
                                .build()));
    }

    /**
     * The last commit version of a namespace at a time: from the last one that was noted by then,
     * on along the namespace's own changes as long as their time is not past it.
     *
     * @param oldest the answer where nothing is known
     */
    static long versionAt(
            RecordTransaction transaction, Cell cell, ByteString ns, long atMillis, long oldest) {
        long version = oldest;
        List<Stored<CommitTime>> noted =
                transaction.join(
                        transaction.byIndex(
                                CommitTime.class,
                                Schema.Type.COMMIT_TIME,
                                Schema.COMMIT_TIME_AT,
                                RecordTransaction.between(
                                        RecordTransaction.parts(0L),
                                        RecordTransaction.parts(atMillis)),
                                RecordTransaction.backwardSnapshot(1)));
        for (Stored<CommitTime> row : noted) {
            if (row.record().getIncarnation() == cell.getIncarnation()) {
                version = Math.max(version, row.record().getVersion());
            }
        }
        while (true) {
            List<Stored<ChangeSet>> sets =
                    transaction.join(
                            transaction.byIndex(
                                    ChangeSet.class,
                                    Schema.Type.CHANGE_SET,
                                    Schema.CHANGE_VERSION,
                                    RecordFeed.after(
                                            cell,
                                            ns,
                                            FDBRecordVersion.lastInDBVersion(version),
                                            false),
                                    RecordTransaction.forwardSnapshot(SETS_PER_READ)));
            for (Stored<ChangeSet> set : sets) {
                if (set.record().getAtMillis() > atMillis) {
                    return version;
                }
                version = Objects.requireNonNull(set.version()).getDBVersion();
            }
            if (sets.size() < SETS_PER_READ) {
                return version;
            }
        }
    }
}
