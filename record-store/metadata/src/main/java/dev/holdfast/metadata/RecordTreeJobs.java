package dev.holdfast.metadata;

import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.TreeJobState;
import java.util.List;
import java.util.Optional;

/** {@link TreeJobs} in records. */
final class RecordTreeJobs implements TreeJobs {
    private static final int LIST_MAX = 10_000;

    private final RecordDatabase database;
    private final Access access;
    private final MetadataConfig config;

    RecordTreeJobs(RecordDatabase database, Access access, MetadataConfig config) {
        this.database = database;
        this.access = access;
        this.config = config;
    }

    static TreeJobState state(Job job) {
        boolean finished = job.getFinishedAtMillisCount() > 0;
        String state =
                finished ? job.getOutcome() : job.getDueAtMillisCount() > 0 ? "running" : "paused";
        return new TreeJobState(
                Bytes.id(job.getJob()),
                Bytes.namespace(job.getNs()),
                job.getKind(),
                // Jobs of older servers, which did not say when they ended.
                !finished && isOld(job) ? Jobs.DONE : state,
                job.getDoneSteps(),
                job.getDoneItems(),
                job.getSkippedItems(),
                job.getCreatedAtMillis(),
                finished ? job.getFinishedAtMillis(0) : null,
                job.hasProblem() ? job.getProblem() : null);
    }

    private static boolean isOld(Job job) {
        return !job.hasCreatedAtMillis() && job.getDueAtMillisCount() == 0;
    }

    @Override
    public Answer<TreeJobState> get(Caller caller, NamespaceId namespace, Id128 job) {
        return database.read(transaction ->
                switch (access.enter(transaction, caller, namespace, Role.VIEWER)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(_) ->
                            in(transaction, namespace, job)
                                    .map(found -> Answer.ok(state(found)))
                                    .orElseGet(RecordTreeJobs::noJob);
                });
    }

    private static Optional<Job> in(
            RecordTransaction transaction, NamespaceId namespace, Id128 job) {
        return load(transaction, job).filter(j -> j.getNs().equals(Bytes.of(namespace)));
    }

    private static Optional<Job> load(RecordTransaction transaction, Id128 job) {
        return transaction.get(Job.class, Schema.Type.JOB, Bytes.of(job));
    }

    private static <T> Answer<T> noJob() {
        return Answer.refused(
                ProblemCode.NOT_FOUND, "there is no such job, or it is no longer remembered");
    }

    @Override
    public Answer<TreeJobState> wish(Caller caller, NamespaceId namespace, Id128 job, Wish wish) {
        return database.write(transaction ->
                switch (access.enter(transaction, caller, namespace, Role.EDITOR)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(_) ->
                            in(transaction, namespace, job)
                                    .filter(j -> j.getKind().equals(Rewinding.KIND))
                                    .map(found -> wish(transaction, found, wish))
                                    .orElseGet(RecordTreeJobs::noJob);
                });
    }

    private Answer<TreeJobState> wish(RecordTransaction transaction, Job job, Wish wish) {
        if (job.getFinishedAtMillisCount() > 0 || isOld(job)) {
            return Answer.ok(state(job));
        }
        Job.Builder next = job.toBuilder().clearDueAtMillis();
        switch (wish) {
            case PAUSE -> {}
            case RESUME -> next.clearProblem().addDueAtMillis(config.clock().millis());
            case CANCEL -> {
                if (!job.getKind().equals(Rewinding.KIND)) {
                    return Answer.refused(
                            ProblemCode.CONFLICT,
                            "what this job removes does not exist any more for anybody; it can"
                                    + " be paused, not cancelled");
                }
                next.setOutcome(Jobs.CANCELLED).addFinishedAtMillis(config.clock().millis());
            }
        }
        Job saved = next.build();
        transaction.join(transaction.save(Schema.Type.JOB, saved));
        return Answer.ok(state(saved));
    }

    @Override
    public List<TreeJobState> list(int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byKey(
                                        Job.class,
                                        Schema.Type.JOB,
                                        RecordTransaction.under(Schema.Type.JOB),
                                        RecordTransaction.forwardSnapshot(
                                                Math.clamp(limit, 1, LIST_MAX))))
                        .stream()
                        .map(RecordTreeJobs::state)
                        .toList());
    }

    @Override
    public Optional<TreeJobState> get(Id128 job) {
        return database.read(transaction -> load(transaction, job).map(RecordTreeJobs::state));
    }

    @Override
    public Answer<TreeJobState> wish(Id128 job, Wish wish) {
        return database.write(transaction ->
                load(transaction, job)
                        .map(found -> wish(transaction, found, wish))
                        .orElseGet(RecordTreeJobs::noJob));
    }
}
