package dev.holdfast.metadata;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that takes more than one transaction. Each step is a bounded transaction that leaves the job
 * where another process can go on: a step that ran twice did nothing twice.
 *
 * <p>The job that is due first gets the next step, and is due again behind all that are due now: a
 * long job does not keep the others waiting. A step that fails puts its job off, longer each time,
 * and holds nobody up.
 */
final class Jobs {
    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);

    private static final long PUT_OFF_MILLIS = Duration.ofSeconds(1).toMillis();
    private static final int PUT_OFF_DOUBLINGS_MAX = 12;
    private static final int PROBLEM_CHARS_MAX = 500;

    static final String DONE = "done";
    static final String CANCELLED = "cancelled";

    private final RecordDatabase database;
    private final MetadataConfig config;
    private final Cache<ByteString, ByteString> noGuesses =
            Caffeine.newBuilder().maximumSize(0).build();

    Jobs(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    /** A new job that is due now. */
    static Job.Builder fresh(ByteString id, String kind, ByteString ns, long nowMillis) {
        return Job.newBuilder()
                .setJob(id)
                .setKind(kind)
                .setNs(ns)
                .setCreatedAtMillis(nowMillis)
                .addDueAtMillis(nowMillis);
    }

    /** The job that removes what lies below a node which is marked as purging. */
    static Job purge(Node node, long nowMillis) {
        return fresh(node.getNode(), Purging.KIND, node.getNs(), nowMillis)
                .setNode(node.getNode())
                .build();
    }

    /** Takes up to so many steps; answers how many there were to take. */
    int run(int stepsMax) {
        int steps = 0;
        while (steps < stepsMax && runOne()) {
            steps++;
        }
        return steps;
    }

    /** One step of the job that is due first; false when none is due. */
    private boolean runOne() {
        Optional<ByteString> due = database.read(this::first).map(Job::getJob);
        if (due.isEmpty()) {
            return false;
        }
        try {
            return database.write(transaction -> step(transaction, due.get()));
        } catch (RuntimeException e) {
            // Also where the database refused it for good; if it is away, so is what follows.
            LOG.warn("a step of the job {} failed; it is tried again", Bytes.id(due.get()), e);
            String problem = String.valueOf(e.getMessage());
            return database.write(transaction -> putOff(transaction, due.get(), problem));
        }
    }

    private Optional<Job> first(RecordTransaction transaction) {
        List<Stored<Job>> due =
                transaction.join(
                        transaction.byIndex(
                                Job.class,
                                Schema.Type.JOB,
                                Schema.JOB_DUE,
                                RecordTransaction.allOf(),
                                RecordTransaction.forwardSnapshot(1)));
        return due.stream()
                .map(Stored::record)
                .filter(job -> job.getDueAtMillis(0) <= config.clock().millis())
                .findFirst();
    }

    /** The job is read anew: another worker may have taken the step meanwhile, or ended it. */
    private boolean step(RecordTransaction transaction, ByteString id) {
        Optional<Job> found = transaction.get(Job.class, Schema.Type.JOB, id);
        if (found.isEmpty() || found.get().getDueAtMillisCount() == 0) {
            return true;
        }
        Job job = found.get();
        JobStep step =
                switch (job.getKind()) {
                    case Purging.KIND -> purge(transaction, job);
                    case Dropping.KIND -> new Dropping(transaction, config, noGuesses).step(job);
                    case Sweeping.KIND -> new Sweeping(transaction, config, noGuesses).step(job);
                    case Rewinding.KIND -> new Rewinding(transaction, config, job).step();
                    default ->
                            throw new IllegalStateException(
                                    "a job of the kind "
                                            + job.getKind()
                                            + " needs a newer version of this server");
                };
        Job.Builder next =
                step.next().toBuilder()
                        .setDoneSteps(job.getDoneSteps() + 1)
                        .clearFailures()
                        .clearDueAtMillis();
        if (step.finished()) {
            next.addFinishedAtMillis(config.clock().millis());
            if (!next.hasOutcome()) {
                next.setOutcome(DONE);
            }
        } else {
            next.addDueAtMillis(behind(job));
        }
        transaction.join(transaction.save(Schema.Type.JOB, next.build()));
        return true;
    }

    /** Later than what is due now, as far as the clock tells: the others get their turn. */
    private long behind(Job job) {
        return Math.max(config.clock().millis(), job.getDueAtMillis(0));
    }

    private boolean putOff(RecordTransaction transaction, ByteString id, String problem) {
        Optional<Job> found = transaction.get(Job.class, Schema.Type.JOB, id);
        if (found.isPresent() && found.get().getDueAtMillisCount() > 0) {
            Job job = found.get();
            int doublings = Math.min(job.getFailures(), PUT_OFF_DOUBLINGS_MAX);
            transaction.join(
                    transaction.save(
                            Schema.Type.JOB,
                            job.toBuilder()
                                    .setFailures(job.getFailures() + 1)
                                    .setProblem(cut(problem))
                                    .clearDueAtMillis()
                                    .addDueAtMillis(behind(job) + (PUT_OFF_MILLIS << doublings))
                                    .build()));
        }
        return true;
    }

    static String cut(@Nullable String problem) {
        String text = Objects.requireNonNullElse(problem, "");
        return text.length() <= PROBLEM_CHARS_MAX ? text : text.substring(0, PROBLEM_CHARS_MAX);
    }

    private JobStep purge(RecordTransaction transaction, Job job) {
        Workspace workspace = new Workspace(transaction, job.getNs(), noGuesses);
        Cell cell = Cells.load(transaction);
        Optional<Node> top = workspace.node(job.getNode());
        if (top.isEmpty()) {
            return JobStep.of(job, 0, true);
        }
        Purging.Step step = new Purging(workspace, cell, config.clock().millis()).step(top.get());
        workspace.flush();
        return JobStep.of(job, step.items(), step.finished());
    }
}
