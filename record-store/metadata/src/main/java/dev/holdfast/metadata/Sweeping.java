package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.github.benmanes.caffeine.cache.Cache;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.Id128;
import java.util.List;
import java.util.Optional;

/**
 * Applies a changed retention policy to the versions that are there: everything is looked at once,
 * in the order of (node, content_rev). From then on what is due is found by indexes, and what a new
 * version pushes out goes with it.
 */
final class Sweeping {
    static final String KIND = "sweep";

    /** Versions a step looks at. */
    private static final int VERSIONS_MAX = 100;

    private final RecordTransaction transaction;
    private final MetadataConfig config;
    private final Cache<ByteString, ByteString> noGuesses;

    Sweeping(
            RecordTransaction transaction,
            MetadataConfig config,
            Cache<ByteString, ByteString> noGuesses) {
        this.transaction = transaction;
        this.config = config;
        this.noGuesses = noGuesses;
    }

    static Job job(Id128 id, Namespace namespace, long nowMillis) {
        return Jobs.fresh(Bytes.of(id), KIND, namespace.getNs(), nowMillis).build();
    }

    JobStep step(Job job) {
        Optional<Namespace> namespace =
                transaction
                        .get(Namespace.class, Schema.Type.NAMESPACE, job.getNs())
                        .filter(n -> !n.getDropping());
        if (namespace.isEmpty()) {
            return JobStep.of(job, 0, true);
        }
        var all = RecordTransaction.key(Schema.Type.VERSION, job.getNs());
        TupleRange range =
                job.hasCursor()
                        ? RecordTransaction.after(
                                all, Tuple.fromBytes(job.getCursor().toByteArray()), false)
                        : TupleRange.allOf(all);
        List<Version> versions =
                transaction.join(
                        transaction.byKey(
                                Version.class,
                                Schema.Type.VERSION,
                                range,
                                RecordTransaction.forward(VERSIONS_MAX)));
        if (versions.isEmpty()) {
            return JobStep.of(job, 0, true);
        }
        Workspace workspace = new Workspace(transaction, job.getNs(), noGuesses);
        long now = config.clock().millis();
        Purging purging = new Purging(workspace, Cells.load(transaction), now);
        VersionRules rules = new VersionRules(namespace.get().getRetention(), now);
        int removed = 0;
        for (Version version : versions) {
            long current = workspace.row(version.getNode()).map(n -> n.getContentRev()).orElse(0L);
            if (rules.drops(version, current)) {
                purging.remove(version);
                removed++;
            }
        }
        workspace.flush();
        Version last = versions.getLast();
        Job next =
                job.toBuilder()
                        .setCursor(
                                ByteString.copyFrom(
                                        RecordTransaction.key(
                                                        Schema.Type.VERSION,
                                                        job.getNs(),
                                                        last.getNode(),
                                                        last.getContentRev())
                                                .pack()))
                        .build();
        return JobStep.of(next, removed, versions.size() < VERSIONS_MAX);
    }
}
