package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.Id128;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;

/** {@link Upkeep} in records. */
final class RecordUpkeep implements Upkeep {
    private static final int NAMESPACES_PER_READ = 200;
    private static final int VERSIONS_MAX = 100;
    private static final int CHANGE_SETS_MAX = 50;

    private final RecordDatabase database;
    private final MetadataConfig config;
    private final Jobs jobs;
    private final Thinning thinning;
    private final Forgetting forgetting;
    private final Cache<ByteString, ByteString> noGuesses =
            Caffeine.newBuilder().maximumSize(0).build();

    RecordUpkeep(RecordDatabase database, MetadataConfig config, Jobs jobs) {
        this.database = database;
        this.config = config;
        this.jobs = jobs;
        this.thinning = new Thinning(config, noGuesses);
        this.forgetting = new Forgetting(config);
    }

    @Override
    public int runJobs(int stepsMax) {
        return jobs.run(stepsMax);
    }

    @Override
    public int retain(int stepsMax) {
        for (int i = 0; i < stepsMax && database.write(forgetting::expired); i++) {}
        return eachNamespace(namespace ->
                steps(stepsMax, namespace.getNs(), this::dropVersions)
                        + steps(stepsMax, namespace.getNs(), thinning::step)
                        + steps(stepsMax, namespace.getNs(), this::purgeTrash)
                        + steps(stepsMax, namespace.getNs(), this::forgetChanges)
                        + steps(stepsMax, namespace.getNs(), forgetting::tombstones));
    }

    @Override
    public int raiseIncarnation() {
        return Cells.raiseIncarnation(database, config);
    }

    @Override
    public int expireAll(int stepsMax) {
        long now = config.clock().millis();
        return eachNamespace(namespace ->
                steps(stepsMax, namespace.getNs(), (t, ns) -> dropVersions(t, ns, now))
                        + steps(stepsMax, namespace.getNs(), (t, ns) -> purgeTrash(t, ns, now)));
    }

    @Override
    public PolicySurvey survey(boolean all, int rowsMax) {
        Surveying survey = new Surveying(database, config.clock().millis(), all, rowsMax);
        eachNamespace(namespace -> {
            survey.trash(namespace);
            survey.versions(namespace);
            return 0;
        });
        survey.uploads();
        return survey.result();
    }

    private int eachNamespace(ToIntFunction<Namespace> body) {
        int steps = 0;
        var all = RecordTransaction.key(Schema.Type.NAMESPACE);
        TupleRange range = TupleRange.allOf(all);
        while (true) {
            TupleRange page = range;
            List<Namespace> namespaces =
                    database.read(t ->
                            t.join(
                                    t.byKey(
                                            Namespace.class,
                                            Schema.Type.NAMESPACE,
                                            page,
                                            RecordTransaction.forwardSnapshot(
                                                    NAMESPACES_PER_READ))));
            for (Namespace namespace : namespaces) {
                steps += body.applyAsInt(namespace);
            }
            if (namespaces.size() < NAMESPACES_PER_READ) {
                return steps;
            }
            byte[] last = namespaces.getLast().getNs().toByteArray();
            range = RecordTransaction.after(all, all.add(last), false);
        }
    }

    /** The policy is read in each transaction anew: it may have been changed since. */
    private int steps(
            int stepsMax, ByteString ns, BiFunction<RecordTransaction, Namespace, Boolean> step) {
        int steps = 0;
        while (steps < stepsMax
                && database.write(transaction ->
                        transaction
                                .get(Namespace.class, Schema.Type.NAMESPACE, ns)
                                .filter(n -> step.apply(transaction, n))
                                .isPresent())) {
            steps++;
        }
        return steps;
    }

    private long daysAgo(int days) {
        return config.clock().millis() - Duration.ofDays(days).toMillis();
    }

    /** The current content of a node is no Version row, so it can never be dropped here. */
    private boolean dropVersions(RecordTransaction transaction, Namespace namespace) {
        int days = namespace.getRetention().getVersionDays();
        return days > 0 && dropVersions(transaction, namespace, daysAgo(days));
    }

    private boolean dropVersions(RecordTransaction transaction, Namespace namespace, long until) {
        List<Stored<Version>> due =
                transaction.join(
                        transaction.byIndex(
                                Version.class,
                                Schema.Type.VERSION,
                                Schema.VERSION_SUPERSEDED,
                                RecordTransaction.between(
                                        RecordTransaction.parts(namespace.getNs(), 0L),
                                        RecordTransaction.parts(namespace.getNs(), until)),
                                RecordTransaction.forward(VERSIONS_MAX)));
        if (due.isEmpty()) {
            return false;
        }
        Workspace workspace = new Workspace(transaction, namespace.getNs(), noGuesses);
        Purging purging = new Purging(workspace, Cells.load(transaction), config.clock().millis());
        due.forEach(version -> purging.remove(version.record()));
        workspace.flush();
        return true;
    }

    private boolean purgeTrash(RecordTransaction transaction, Namespace namespace) {
        int days = namespace.getRetention().getTrashDays();
        return days > 0 && purgeTrash(transaction, namespace, daysAgo(days));
    }

    private boolean purgeTrash(RecordTransaction transaction, Namespace namespace, long until) {
        List<Stored<Node>> due =
                transaction.join(
                        transaction.byIndex(
                                Node.class,
                                Schema.Type.NODE,
                                Schema.NODE_TRASHED,
                                RecordTransaction.between(
                                        RecordTransaction.parts(namespace.getNs(), 0L),
                                        RecordTransaction.parts(namespace.getNs(), until)),
                                RecordTransaction.forward(1)));
        if (due.isEmpty()) {
            return false;
        }
        Node node = due.getFirst().record();
        Cell cell = Cells.load(transaction);
        Workspace workspace = new Workspace(transaction, namespace.getNs(), noGuesses);
        Purging purging = new Purging(workspace, cell, config.clock().millis());
        Node after;
        if (purging.isSmall(node)) {
            after = purging.tombstone(node, null);
        } else {
            workspace.put(Jobs.purge(node, config.clock().millis()));
            after =
                    node.toBuilder()
                            .setRev(node.getRev() + 1)
                            .setIncarnation(cell.getIncarnation())
                            .clearModifiedBy()
                            .clearTrashed()
                            .setPurging(true)
                            .build();
        }
        workspace.put(node, after, ChangeType.CHANGE_PURGED);
        workspace.flush();
        transaction.join(
                transaction.save(
                        Schema.Type.CHANGE_SET,
                        ChangeSet.newBuilder()
                                .setNs(namespace.getNs())
                                .setChange(Bytes.of(Id128.random(config.random())))
                                .setIncarnation(cell.getIncarnation())
                                .setAtMillis(config.clock().millis())
                                .addAllEntry(workspace.changes())
                                .build()));
        return true;
    }

    /** Oldest first; the floor rises in the same transaction, so that no cursor reads a gap. */
    private boolean forgetChanges(RecordTransaction transaction, Namespace namespace) {
        long until = config.clock().millis() - config.changeRetention().toMillis();
        Cell cell = Cells.load(transaction);
        List<Stored<ChangeSet>> oldest = oldest(transaction, namespace, 1);
        if (oldest.isEmpty() || oldest.getFirst().record().getAtMillis() > until) {
            return false;
        }
        oldest = oldest(transaction, namespace, CHANGE_SETS_MAX);
        List<CompletableFuture<?>> writes = new ArrayList<>();
        Namespace.Builder floor = Forgetting.withFloors(cell, namespace);
        for (Stored<ChangeSet> stored : oldest) {
            if (stored.record().getAtMillis() > until) {
                break;
            }
            if (stored.record().getIncarnation() == cell.getIncarnation()) {
                byte[] version = Objects.requireNonNull(stored.version()).toBytes();
                floor.setChangeFloor(ByteString.copyFrom(version));
            }
            writes.add(
                    transaction.delete(
                            Schema.Type.CHANGE_SET,
                            namespace.getNs(),
                            stored.record().getChange()));
        }
        writes.add(transaction.save(Schema.Type.NAMESPACE, floor.build()));
        transaction.joinAll(writes);
        return true;
    }

    private static List<Stored<ChangeSet>> oldest(
            RecordTransaction transaction, Namespace namespace, int limit) {
        return transaction.join(
                transaction.byIndex(
                        ChangeSet.class,
                        Schema.Type.CHANGE_SET,
                        Schema.CHANGE_VERSION,
                        RecordTransaction.allOf(namespace.getNs()),
                        RecordTransaction.forwardSnapshot(limit)));
    }
}
