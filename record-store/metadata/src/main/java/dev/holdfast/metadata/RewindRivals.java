package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What devices changed since a rewind began, so that no folder goes into the trash with it. The
 * head of the feed is read serializably: what comes in meanwhile makes the step run again.
 *
 * @param nodes that devices changed
 * @param overflow so many that they were not all read: every folder could hold one
 * @param complete false when the step has to end here, and the next goes on behind {@code ownUntil}
 * @param ownUntil up to here all changes are the job's own
 */
record RewindRivals(
        Set<ByteString> nodes, boolean overflow, boolean complete, FDBRecordVersion ownUntil) {
    private static final int SETS_PER_READ = 100;
    private static final int READS_MAX = 5;

    static RewindRivals read(RecordTransaction transaction, Cell cell, Job job) {
        var _ = RecordFeed.head(transaction, cell, job.getNs());
        FDBRecordVersion at = FeedCursor.version(job.getUntil());
        FDBRecordVersion own = at;
        Set<ByteString> nodes = new HashSet<>();
        for (int i = 0; i < READS_MAX; i++) {
            List<Stored<ChangeSet>> sets =
                    transaction.join(
                            transaction.byIndex(
                                    ChangeSet.class,
                                    Schema.Type.CHANGE_SET,
                                    Schema.CHANGE_VERSION,
                                    RecordFeed.after(cell, job.getNs(), at, false),
                                    RecordTransaction.forwardSnapshot(SETS_PER_READ)));
            for (Stored<ChangeSet> set : sets) {
                at = Objects.requireNonNull(set.version());
                if (!set.record().getJob().equals(job.getJob())) {
                    set.record().getEntryList().forEach(e -> nodes.add(e.getNode().getNode()));
                } else if (nodes.isEmpty()) {
                    own = at;
                }
            }
            if (sets.size() < SETS_PER_READ) {
                return new RewindRivals(nodes, false, true, own);
            }
        }
        return new RewindRivals(nodes, true, !nodes.isEmpty(), own);
    }
}
