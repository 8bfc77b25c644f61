package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Account;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Member;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Id128;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One step of a rewind. The job goes along the index of changed nodes, from the version it rewinds
 * to on, and does what {@link RewindView} decides: first everything gets back what it had, then
 * what was not there goes into the trash. What the job changes comes up again at the end of that
 * index and is found to be right. Then the whole is repeated until a pass finds nothing to do,
 * because a name may only become free by what comes later.
 *
 * <p>So a step that is repeated, or a worker that takes over, finds less to do and nothing to undo.
 * What a device changed after the job began is left alone.
 */
final class Rewinding {
    static final String KIND = "rewind";

    /** Nodes a step looks at. */
    private static final int NODES_MAX = 32;

    /** Records a step writes, before the ancestors of the last node. */
    private static final int STAGED_MAX = 100;

    private static final int PASSES_MAX = 5;

    private final RecordTransaction transaction;
    private final MetadataConfig config;
    private final Job job;
    private final Job.Builder next;

    Rewinding(RecordTransaction transaction, MetadataConfig config, Job job) {
        this.transaction = transaction;
        this.config = config;
        this.job = job;
        this.next = job.toBuilder();
    }

    static Job job(
            Id128 id,
            ByteString ns,
            ByteString node,
            ByteString account,
            long version,
            FDBRecordVersion until,
            long nowMillis) {
        return Jobs.fresh(Bytes.of(id), KIND, ns, nowMillis)
                .setNode(node)
                .setAccount(account)
                .setTargetVersion(version)
                .setUntil(ByteString.copyFrom(until.toBytes()))
                .build();
    }

    JobStep step() {
        Optional<Access.Grant> grant = grant();
        if (grant.isEmpty()) {
            return cancelled("the account that asked for it may no longer change the namespace");
        }
        Cell cell = Cells.load(transaction);
        FDBRecordVersion target = FDBRecordVersion.lastInDBVersion(job.getTargetVersion());
        if (!RecordRewinds.isKept(cell, grant.get().namespace(), job.getTargetVersion())) {
            return cancelled("the changes it has to undo are no longer kept");
        }
        FDBRecordVersion from = job.hasCursor() ? FeedCursor.version(job.getCursor()) : target;
        RewindWriter writer =
                new RewindWriter(transaction, cell, grant.get(), job, config.clock().millis());
        boolean trashing = job.getPhase() == 1;
        if (trashing) {
            RewindRivals rivals = RewindRivals.read(transaction, cell, job);
            if (!rivals.complete()) {
                return new JobStep(
                        next.setUntil(ByteString.copyFrom(rivals.ownUntil().toBytes())).build(),
                        false);
            }
            writer.beware(rivals);
        }
        List<IndexEntry> entries = changed(cell, from);
        @Nullable FDBRecordVersion reached = null;
        boolean all = entries.size() < NODES_MAX;
        for (IndexEntry entry : entries) {
            if (writer.staged() >= STAGED_MAX) {
                all = false;
                break;
            }
            Tuple key = entry.getPrimaryKey();
            writer.rewind(ByteString.copyFrom(key.getBytes(key.size() - 1)), trashing);
            reached = FDBRecordVersion.fromVersionstamp(entry.getKey().getVersionstamp(2));
        }
        int items = write(writer, cell);
        next.setDoneItems(job.getDoneItems() + items)
                .setPassItems(job.getPassItems() + items)
                .setSkippedItems(job.getSkippedItems() + writer.skipped());
        if (!all) {
            next.setCursor(ByteString.copyFrom((reached == null ? from : reached).toBytes()));
            return new JobStep(next.build(), false);
        }
        return endOfPhase();
    }

    private JobStep endOfPhase() {
        next.clearCursor();
        if (job.getPhase() == 0) {
            return new JobStep(next.setPhase(1).build(), false);
        }
        if (next.getPassItems() == 0 || job.getPasses() + 1 == PASSES_MAX) {
            return new JobStep(next.build(), true);
        }
        next.setPhase(0).setPasses(job.getPasses() + 1).setPassItems(0).setSkippedItems(0);
        return new JobStep(next.build(), false);
    }

    /** Nodes that changed after a version, in the order in which they did last. */
    private List<IndexEntry> changed(Cell cell, FDBRecordVersion from) {
        return transaction.join(
                transaction.entries(
                        Schema.Type.NODE,
                        Schema.NODE_VERSION,
                        RecordFeed.after(cell, job.getNs(), from, false),
                        RecordTransaction.forwardSnapshot(NODES_MAX)));
    }

    private int write(RewindWriter writer, Cell cell) {
        Workspace workspace = writer.workspace();
        workspace.flush();
        if (!workspace.changes().isEmpty()) {
            transaction.join(
                    transaction.save(
                            Schema.Type.CHANGE_SET,
                            ChangeSet.newBuilder()
                                    .setNs(job.getNs())
                                    .setChange(Bytes.of(Id128.random(config.random())))
                                    .setIncarnation(cell.getIncarnation())
                                    .setAtMillis(config.clock().millis())
                                    .setJob(job.getJob())
                                    .addAllEntry(workspace.changes())
                                    .build()));
        }
        return workspace.changes().size();
    }

    private JobStep cancelled(String why) {
        return new JobStep(next.setOutcome(Jobs.CANCELLED).setProblem(why).build(), true);
    }

    /** Whoever asked must still be allowed to: each step is a change of its own. */
    private Optional<Access.Grant> grant() {
        Optional<Namespace> namespace =
                transaction.get(Namespace.class, Schema.Type.NAMESPACE, job.getNs());
        Optional<Member> member =
                transaction.get(Member.class, Schema.Type.MEMBER, job.getNs(), job.getAccount());
        Optional<Account> account =
                transaction.get(Account.class, Schema.Type.ACCOUNT, job.getAccount());
        boolean may =
                namespace.filter(n -> !n.getDropping()).isPresent()
                        && account.filter(a -> !a.getDisabled()).isPresent()
                        && member.filter(m -> m.getRole() != Role.VIEWER).isPresent();
        return may
                ? Optional.of(
                        new Access.Grant(
                                new Access.Identity(RewindWriter.SERVER, account.get()),
                                namespace.get(),
                                member.get().getRole()))
                : Optional.empty();
    }
}
