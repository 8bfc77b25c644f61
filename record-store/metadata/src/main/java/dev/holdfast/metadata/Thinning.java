package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.github.benmanes.caffeine.cache.Cache;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.RetentionState;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps one version a day of what was superseded long enough ago. It follows the index of
 * superseded versions once, from where it was last: what was looked at is not looked at again.
 */
final class Thinning {
    private static final int VERSIONS_MAX = 100;

    private final MetadataConfig config;
    private final Cache<ByteString, ByteString> noGuesses;

    Thinning(MetadataConfig config, Cache<ByteString, ByteString> noGuesses) {
        this.config = config;
        this.noGuesses = noGuesses;
    }

    boolean step(RecordTransaction transaction, Namespace namespace) {
        int days = namespace.getRetention().getDailyAfterDays();
        if (days == 0) {
            return false;
        }
        ByteString ns = namespace.getNs();
        long until = config.clock().millis() - Duration.ofDays(days).toMillis();
        Tuple from = reached(transaction, namespace);
        Tuple to = RecordTransaction.parts(ns, until);
        if (from.compareTo(to) >= 0) {
            return false;
        }
        TupleRange due = RecordTransaction.after(to, from, false);
        List<IndexEntry> entries =
                transaction.join(
                        transaction.entries(
                                Schema.Type.VERSION,
                                Schema.VERSION_SUPERSEDED,
                                due,
                                RecordTransaction.forward(VERSIONS_MAX)));
        if (entries.isEmpty()) {
            return false;
        }
        List<CompletableFuture<Optional<Version>>> versions = new ArrayList<>();
        for (IndexEntry entry : entries) {
            Tuple key = entry.getPrimaryKey().popFront();
            versions.add(
                    transaction.load(Version.class, Schema.Type.VERSION, key.getItems().toArray()));
        }
        Workspace workspace = new Workspace(transaction, ns, noGuesses);
        Purging purging = new Purging(workspace, Cells.load(transaction), config.clock().millis());
        for (CompletableFuture<Optional<Version>> version : versions) {
            transaction.join(version).filter(VersionRules::isWithinADay).ifPresent(purging::remove);
        }
        workspace.flush();
        byte[] reached = entries.getLast().getKey().pack();
        transaction.join(
                transaction.save(
                        Schema.Type.RETENTION_STATE,
                        RetentionState.newBuilder()
                                .setNs(ns)
                                .setThinnedAfter(ByteString.copyFrom(reached))
                                .build()));
        return true;
    }

    /** The place in the index of superseded versions up to which they were looked at. */
    static Tuple reached(RecordTransaction transaction, Namespace namespace) {
        return transaction
                .get(RetentionState.class, Schema.Type.RETENTION_STATE, namespace.getNs())
                .map(state -> Tuple.fromBytes(state.getThinnedAfter().toByteArray()))
                .orElseGet(() -> RecordTransaction.parts(namespace.getNs(), 0L));
    }
}
