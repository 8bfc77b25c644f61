package dev.holdfast.metadata;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import java.util.List;
import java.util.Optional;

/**
 * Work that takes more than one transaction. Each step is a bounded transaction that leaves the job
 * where another process can go on: a step that ran twice did nothing twice.
 */
final class Jobs {
    private final RecordDatabase database;
    private final MetadataConfig config;
    private final Cache<ByteString, ByteString> noGuesses =
            Caffeine.newBuilder().maximumSize(0).build();

    Jobs(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    /** The job that removes what lies below a node which is marked as purging. */
    static Job purge(Node node, long nowMillis) {
        return Job.newBuilder()
                .setJob(node.getNode())
                .setKind(Purging.KIND)
                .setNs(node.getNs())
                .setNode(node.getNode())
                .addDueAtMillis(nowMillis)
                .build();
    }

    /** Takes up to so many steps; answers how many there were to take. */
    int run(int stepsMax) {
        int steps = 0;
        while (steps < stepsMax && database.write(this::step)) {
            steps++;
        }
        return steps;
    }

    /** One step of the job that is due first; false when none is due. */
    private boolean step(RecordTransaction transaction) {
        List<Stored<Job>> due =
                transaction.join(
                        transaction.byIndex(
                                Job.class,
                                Schema.Type.JOB,
                                Schema.JOB_DUE,
                                RecordTransaction.allOf(),
                                RecordTransaction.forward(1)));
        if (due.isEmpty() || due.getFirst().record().getDueAtMillis(0) > config.clock().millis()) {
            return false;
        }
        Job job = due.getFirst().record();
        Purging.Step step = purge(transaction, job);
        Job.Builder next =
                job.toBuilder()
                        .setDoneSteps(job.getDoneSteps() + 1)
                        .setDoneItems(job.getDoneItems() + step.items());
        if (step.finished()) {
            next.clearDueAtMillis();
        }
        transaction.join(transaction.save(Schema.Type.JOB, next.build()));
        return true;
    }

    private Purging.Step purge(RecordTransaction transaction, Job job) {
        Workspace workspace = new Workspace(transaction, job.getNs(), noGuesses);
        Cell cell = Cells.load(transaction);
        Optional<Node> top = workspace.node(job.getNode());
        if (top.isEmpty()) {
            return new Purging.Step(0, true);
        }
        Purging.Step step = new Purging(workspace, cell, config.clock().millis()).step(top.get());
        workspace.flush();
        return step;
    }
}
