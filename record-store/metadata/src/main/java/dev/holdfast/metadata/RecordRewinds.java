package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.apple.foundationdb.tuple.Tuple;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Epoch;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.wire.RewindPlan;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import dev.holdfast.model.wire.RewindStep;
import dev.holdfast.model.wire.TreeJobState;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@link Rewinds} in records. */
final class RecordRewinds implements Rewinds {
    /** Steps of a rewind that its own request waits for; a worker does the rest. */
    private static final int JOB_STEPS_INLINE = 8;

    private final RecordDatabase database;
    private final Access access;
    private final MetadataConfig config;
    private final Jobs jobs;

    RecordRewinds(RecordDatabase database, Access access, MetadataConfig config, Jobs jobs) {
        this.database = database;
        this.access = access;
        this.config = config;
        this.jobs = jobs;
    }

    /** A folder and the version it is to be rewound to. */
    private record Target(Cell cell, Workspace workspace, ByteString node, long version) {}

    @Override
    public Answer<RewindPlan> plan(
            Caller caller,
            NamespaceId namespace,
            RewindRequest request,
            @Nullable String after,
            int limit) {
        if (limit < 1 || limit > PLAN_NODES_MAX) {
            return Answer.refused(
                    ProblemCode.INVALID, "a page looks at 1 to " + PLAN_NODES_MAX + " nodes");
        }
        return database.read(transaction ->
                switch (access.enter(transaction, caller, namespace, Role.VIEWER)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(var grant) ->
                            switch (target(transaction, grant.namespace(), request)) {
                                case Answer.Refused<Target>(var refusal) -> Answer.refused(refusal);
                                case Answer.Ok<Target>(var target) ->
                                        page(transaction, target, after, limit);
                            };
                });
    }

    private static Answer<RewindPlan> page(
            RecordTransaction transaction, Target target, @Nullable String after, int limit) {
        FDBRecordVersion from = FDBRecordVersion.lastInDBVersion(target.version());
        if (after != null) {
            Optional<FDBRecordVersion> token = token(after);
            if (token.isEmpty()) {
                return Answer.refused(
                        ProblemCode.INVALID, "`after` is the `next` of the page before");
            }
            from = token.get();
        }
        ByteString ns = target.workspace().namespace();
        List<IndexEntry> entries =
                transaction.join(
                        transaction.entries(
                                Schema.Type.NODE,
                                Schema.NODE_VERSION,
                                RecordFeed.after(target.cell(), ns, from, false),
                                RecordTransaction.forwardSnapshot(limit + 1)));
        PastTree past = new PastTree(transaction, target.cell(), ns, target.version());
        RewindView view = new RewindView(target.workspace(), past, target.node());
        List<RewindStep> steps = new ArrayList<>();
        @Nullable String next = null;
        for (IndexEntry entry : entries.subList(0, Math.min(limit, entries.size()))) {
            Tuple key = entry.getPrimaryKey();
            ByteString id = ByteString.copyFrom(key.getBytes(key.size() - 1));
            RewindView.step(view.decide(id)).ifPresent(steps::add);
            next = text(FDBRecordVersion.fromVersionstamp(entry.getKey().getVersionstamp(2)));
        }
        return Answer.ok(
                new RewindPlan(target.version(), steps, entries.size() > limit ? next : null));
    }

    private static String text(FDBRecordVersion version) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(version.toBytes());
    }

    private static Optional<FDBRecordVersion> token(String text) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            return bytes.length == FDBRecordVersion.VERSION_LENGTH
                    ? Optional.of(FDBRecordVersion.fromBytes(bytes))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** What the request means, if it can be done. */
    private Answer<Target> target(
            RecordTransaction transaction, Namespace namespace, RewindRequest request) {
        Cell cell = Cells.load(transaction);
        Workspace workspace =
                new Workspace(
                        transaction,
                        namespace.getNs(),
                        Caffeine.newBuilder().maximumSize(0).build());
        ByteString id = Bytes.of(request.node());
        Optional<Node> folder = workspace.node(id);
        @Nullable Refusal fault = new Tree(workspace).fault(folder);
        if (fault != null) {
            return Answer.refused(fault);
        }
        if (folder.orElseThrow().getKind() != Kind.FOLDER) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "only a folder is rewound; restore a version of a file instead");
        }
        if ((request.version() == null) == (request.atMillis() == null)) {
            return Answer.refused(
                    ProblemCode.INVALID, "a rewind goes to a version or to a time, name one");
        }
        Answer<Long> version =
                request.version() != null
                        ? byVersion(transaction, cell, namespace, request.version())
                        : byTime(
                                transaction,
                                cell,
                                namespace,
                                Objects.requireNonNull(request.atMillis()));
        if (version instanceof Answer.Refused<Long>(var refusal)) {
            return Answer.refused(refusal);
        }
        long found = ((Answer.Ok<Long>) version).value();
        boolean existed =
                new PastTree(transaction, cell, namespace.getNs(), found).node(id).isPresent();
        return existed
                ? Answer.ok(new Target(cell, workspace, id, found))
                : Answer.refused(ProblemCode.NOT_FOUND, "the folder did not exist then");
    }

    private static Answer<Long> byVersion(
            RecordTransaction transaction, Cell cell, Namespace namespace, long version) {
        if (version > transaction.readVersion()) {
            return Answer.refused(ProblemCode.INVALID, "that version is yet to come");
        }
        return isKept(cell, namespace, version) ? Answer.ok(version) : tooOld();
    }

    private Answer<Long> byTime(
            RecordTransaction transaction, Cell cell, Namespace namespace, long atMillis) {
        long now = config.clock().millis();
        if (atMillis > now) {
            return Answer.refused(ProblemCode.INVALID, "that time is yet to come");
        }
        boolean early =
                atMillis < now - config.changeRetention().toMillis()
                        || atMillis < namespace.getCreatedAtMillis()
                        || atMillis < incarnationBegan(cell);
        if (early) {
            return tooOld();
        }
        return Answer.ok(
                CommitTimes.versionAt(
                        transaction, cell, namespace.getNs(), atMillis, oldest(cell, namespace)));
    }

    private static long incarnationBegan(Cell cell) {
        return cell.getEpochList().stream()
                .filter(_ -> cell.hasIncarnationStart())
                .filter(epoch -> epoch.getStartVersion() == cell.getIncarnationStart())
                .mapToLong(Epoch::getBeganAtMillis)
                .findFirst()
                .orElse(0);
    }

    private static Answer<Long> tooOld() {
        return Answer.refused(
                ProblemCode.NOT_FOUND, "the changes since then are no longer all kept");
    }

    /** The first version whose state can be told. */
    private static long oldest(Cell cell, Namespace namespace) {
        boolean floored = FeedCursor.hasFloors(cell, namespace) && namespace.hasChangeFloor();
        long floor = floored ? FeedCursor.version(namespace.getChangeFloor()).getDBVersion() : 0;
        return Math.max(floor, cell.getIncarnationStart());
    }

    static boolean isKept(Cell cell, Namespace namespace, long version) {
        return version >= oldest(cell, namespace);
    }

    @Override
    public Answer<TreeJobState> start(Caller caller, NamespaceId namespace, RewindStart start) {
        Answer<TreeJobState> begun =
                database.write(transaction ->
                        switch (access.enter(transaction, caller, namespace, Role.EDITOR)) {
                            case Answer.Refused<Access.Grant>(var refusal) ->
                                    Answer.refused(refusal);
                            case Answer.Ok<Access.Grant>(var grant) ->
                                    start(transaction, grant, start);
                        });
        if (begun instanceof Answer.Refused<TreeJobState>) {
            return begun;
        }
        jobs.run(JOB_STEPS_INLINE);
        Id128 id = start.job();
        return database.read(transaction ->
                transaction
                        .get(Job.class, Schema.Type.JOB, Bytes.of(id))
                        .map(job -> Answer.ok(RecordTreeJobs.state(job)))
                        .orElse(begun));
    }

    private Answer<TreeJobState> start(
            RecordTransaction transaction, Access.Grant grant, RewindStart start) {
        ByteString ns = grant.namespace().getNs();
        ByteString node = Bytes.of(start.request().node());
        Optional<Job> known = transaction.get(Job.class, Schema.Type.JOB, Bytes.of(start.job()));
        if (known.isPresent()) {
            Job job = known.get();
            boolean same =
                    job.getKind().equals(Rewinding.KIND)
                            && job.getNs().equals(ns)
                            && job.getNode().equals(node);
            return same
                    ? Answer.ok(RecordTreeJobs.state(job))
                    : Answer.refused(
                            ProblemCode.ID_REUSED,
                            "the job id was used already; choose another one");
        }
        return switch (target(transaction, grant.namespace(), start.request())) {
            case Answer.Refused<Target>(var refusal) -> Answer.refused(refusal);
            case Answer.Ok<Target>(var target) -> {
                FDBRecordVersion head = RecordFeed.head(transaction, target.cell(), ns);
                Job job =
                        Rewinding.job(
                                start.job(),
                                ns,
                                node,
                                grant.identity().account().getAccount(),
                                target.version(),
                                head == null ? FDBRecordVersion.MIN_VERSION : head,
                                config.clock().millis());
                transaction.join(transaction.save(Schema.Type.JOB, job));
                yield Answer.ok(RecordTreeJobs.state(job));
            }
        };
    }
}
