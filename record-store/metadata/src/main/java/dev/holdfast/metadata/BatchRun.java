package dev.holdfast.metadata;

import com.github.benmanes.caffeine.cache.Cache;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One batch of operations, over as few transactions as it fits into. A transaction takes operations
 * until it has enough; when it turns out too large at its end, it is given up and run again with
 * half of them.
 */
final class BatchRun {
    /** Operations in one transaction. */
    private static final int OPS_MAX = 128;

    /** Bytes of a transaction; FoundationDB's own limit is 10 MB, its advice 1 MB. */
    private static final long BYTES_MAX = 900_000;

    private final RecordDatabase database;
    private final Access access;
    private final MetadataConfig config;
    private final Cache<ByteString, ByteString> parentGuesses;
    private final Caller caller;
    private final NamespaceId namespace;
    private final OpBatch batch;

    private final List<OpResult> results = new ArrayList<>();
    private final Set<NodeId> failed = new HashSet<>();
    private boolean jobs;
    private int replays;
    private @Nullable Attempt attempt;

    BatchRun(
            RecordDatabase database,
            Access access,
            MetadataConfig config,
            Cache<ByteString, ByteString> parentGuesses,
            Caller caller,
            NamespaceId namespace,
            OpBatch batch) {
        this.database = database;
        this.access = access;
        this.config = config;
        this.parentGuesses = parentGuesses;
        this.caller = caller;
        this.namespace = namespace;
        this.batch = batch;
    }

    /**
     * What one transaction did; taken over only when it is committed.
     *
     * @param replays operations that had been executed by an earlier request
     */
    private record Step(List<OpResult> results, Set<NodeId> failed, boolean jobs, int replays) {}

    /**
     * What the last try of the transaction at hand would have committed, to be answered when the
     * next try finds it committed. Executing again what had been rejected would not do: an
     * operation after it may have taken effect since.
     */
    private record Attempt(Step step, long sequence, ByteString change) {}

    /** A transaction that is too large to commit. */
    private static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLarge() {
            super("the transaction is too large", null, false, false);
        }
    }

    Answer<OpResults> run() {
        @Nullable Refusal fault = sequenceFault();
        if (fault != null) {
            return Answer.refused(fault);
        }
        int most = OPS_MAX;
        while (results.size() < batch.ops().size()) {
            int from = results.size();
            List<Op> ops = batch.ops().subList(from, Math.min(batch.ops().size(), from + most));
            attempt = null;
            try {
                switch (database.write(transaction -> step(transaction, ops))) {
                    case Answer.Refused<Step>(var refusal) -> {
                        return Answer.refused(refusal);
                    }
                    case Answer.Ok<Step>(var step) -> {
                        results.addAll(step.results());
                        failed.addAll(step.failed());
                        jobs |= step.jobs();
                        replays += step.replays();
                    }
                }
            } catch (TooLarge _) {
                most = Math.max(1, ops.size() / 2);
            }
        }
        return Answer.ok(new OpResults(results));
    }

    /** Whether an operation began work that goes on in the background. */
    boolean beganJobs() {
        return jobs;
    }

    /** Operations that were not executed, for an earlier request had done so. */
    int replays() {
        return replays;
    }

    private @Nullable Refusal sequenceFault() {
        Set<Long> sequences = new HashSet<>();
        for (Op op : batch.ops()) {
            if (op.sequence() < 1 || !sequences.add(op.sequence())) {
                return Refusal.of(
                        ProblemCode.INVALID,
                        "each operation of a batch has its own sequence, at least 1");
            }
        }
        return null;
    }

    private Answer<Step> step(RecordTransaction transaction, List<Op> ops) {
        return switch (access.enter(transaction, caller, namespace, Role.EDITOR)) {
            case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
            case Answer.Ok<Access.Grant>(var grant) -> Answer.ok(step(transaction, grant, ops));
        };
    }

    private Step step(RecordTransaction transaction, Access.Grant grant, List<Op> ops) {
        Workspace workspace = new Workspace(transaction, grant.namespace().getNs(), parentGuesses);
        OpLog log = new OpLog(transaction, grant.device(), workspace.namespace());
        log.load(ops);
        if (attempt != null
                && log.changeOf(attempt.sequence()).equals(Optional.of(attempt.change()))) {
            return attempt.step();
        }
        List<Op> open = new ArrayList<>();
        List<Optional<OpResult>> known = new ArrayList<>();
        for (Op op : ops) {
            Optional<OpResult> result = log.known(op, batch.outstanding());
            known.add(result);
            if (result.isEmpty()) {
                open.add(op);
            }
        }
        OpExecutor.prefetch(workspace, open);
        Cell cell = Cells.load(transaction);
        boolean strange = sawAnotherHistory(transaction, cell, workspace.namespace());
        OpContext context = OpContext.of(workspace, grant, cell, config.clock().millis());
        Set<NodeId> nowFailed = new HashSet<>(failed);
        OpExecutor executor = new OpExecutor(context, nowFailed);
        List<OpResult> done = new ArrayList<>();
        List<OpLog.Entry> entries = new ArrayList<>();
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i);
            if (known.get(i).isPresent()) {
                done.add(known.get(i).get());
                continue;
            }
            OpOutcome outcome =
                    strange
                            ? new OpOutcome.Rejected(RecordFeed.cursorReset())
                            : executor.execute(op);
            if (outcome instanceof OpOutcome.Deferred) {
                break;
            }
            done.add(result(workspace, op, outcome));
            if (outcome instanceof OpOutcome.Effective(var entry, var node)) {
                entries.add(new OpLog.Entry(op.sequence(), OpLog.fingerprint(op), entry, node));
            }
        }
        int replayed =
                (int) known.stream().flatMap(Optional::stream).filter(OpResult::done).count();
        Step step = new Step(done, nowFailed, workspace.hasJobs(), replayed);
        if (!entries.isEmpty()) {
            ByteString change = Bytes.of(Id128.random(config.random()));
            write(context, log, entries, change);
            attempt = new Attempt(step, entries.getFirst().sequence(), change);
        }
        return step;
    }

    /** Read serializably with the cell: a restore that begins a new incarnation conflicts. */
    private boolean sawAnotherHistory(RecordTransaction transaction, Cell cell, ByteString ns) {
        String seen = batch.seen();
        return seen != null
                && FeedCursor.parse(cell, ns, seen)
                        .filter(cursor -> cursor.isOf(cell, transaction.readVersion()))
                        .isEmpty();
    }

    private void write(OpContext context, OpLog log, List<OpLog.Entry> entries, ByteString change) {
        Workspace workspace = context.workspace();
        RecordTransaction transaction = workspace.transaction();
        List<CompletableFuture<?>> writes = new ArrayList<>(log.store(entries, change));
        if (!workspace.changes().isEmpty()) {
            writes.add(
                    transaction.save(
                            Schema.Type.CHANGE_SET,
                            ChangeSet.newBuilder()
                                    .setNs(workspace.namespace())
                                    .setChange(change)
                                    .setIncarnation(context.cell().getIncarnation())
                                    .setDevice(context.device())
                                    .setAtMillis(context.nowMillis())
                                    .addAllEntry(workspace.changes())
                                    .build()));
        }
        workspace.flush();
        transaction.joinAll(writes);
        log.forget(batch.outstanding());
        if (entries.size() > 1 && transaction.approximateSize() > BYTES_MAX) {
            throw new TooLarge();
        }
    }

    private static OpResult result(Workspace workspace, Op op, OpOutcome outcome) {
        return switch (outcome) {
            case OpOutcome.Effective(var entry, var node) ->
                    new OpResult(
                            op.sequence(),
                            null,
                            null,
                            entry > 0
                                    ? Images.state(workspace.changes().get(entry - 1).getNode())
                                    : workspace.node(node).map(Images::state).orElse(null));
            case OpOutcome.Rejected(var refusal) ->
                    new OpResult(
                            op.sequence(), refusal.code(), refusal.detail(), refusal.current());
            case OpOutcome.Deferred() ->
                    throw new IllegalStateException("a deferred operation has no result");
        };
    }
}
