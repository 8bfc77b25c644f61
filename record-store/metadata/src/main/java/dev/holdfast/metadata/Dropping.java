package dev.holdfast.metadata;

import com.github.benmanes.caffeine.cache.Cache;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Device;
import dev.holdfast.metadata.schema.MetadataRecords.Job;
import dev.holdfast.metadata.schema.MetadataRecords.Member;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Removes a namespace that is marked as dropping: nothing is served from it any more, so its rows
 * go type by type. Old versions and nodes are released with their rows (T5), in one transaction
 * each, so that a step that is repeated finds nothing to release twice. What is still open in an
 * upload expires with it. The namespace's own row goes last.
 */
final class Dropping {
    static final String KIND = "drop";

    /** Rows a step removes. */
    private static final int ROWS_MAX = 100;

    /** Devices of one member, of which the places in the feed are forgotten. */
    private static final int DEVICES_MAX = 1_000;

    private final RecordTransaction transaction;
    private final MetadataConfig config;
    private final Cache<ByteString, ByteString> noGuesses;

    Dropping(
            RecordTransaction transaction,
            MetadataConfig config,
            Cache<ByteString, ByteString> noGuesses) {
        this.transaction = transaction;
        this.config = config;
        this.noGuesses = noGuesses;
    }

    static Job job(Namespace namespace, long nowMillis) {
        return Jobs.fresh(namespace.getNs(), KIND, namespace.getNs(), nowMillis).build();
    }

    JobStep step(Job job) {
        int removed = versions(job.getNs());
        if (removed == 0) {
            removed = nodes(job.getNs());
        }
        if (removed == 0) {
            removed = member(job.getNs());
        }
        if (removed == 0) {
            rest(job.getNs());
        }
        return JobStep.of(job, removed, removed == 0);
    }

    private int versions(ByteString ns) {
        List<Version> versions =
                transaction.join(
                        transaction.byKey(
                                Version.class,
                                Schema.Type.VERSION,
                                RecordTransaction.under(Schema.Type.VERSION, ns),
                                RecordTransaction.forward(ROWS_MAX)));
        Workspace workspace = new Workspace(transaction, ns, noGuesses);
        Purging purging = purging(workspace);
        versions.forEach(purging::remove);
        workspace.flush();
        return versions.size();
    }

    private Purging purging(Workspace workspace) {
        return new Purging(workspace, Cells.load(transaction), config.clock().millis());
    }

    private int nodes(ByteString ns) {
        List<Node> nodes =
                transaction.join(
                        transaction.byKey(
                                Node.class,
                                Schema.Type.NODE,
                                RecordTransaction.under(Schema.Type.NODE, ns),
                                RecordTransaction.forward(ROWS_MAX)));
        Workspace workspace = new Workspace(transaction, ns, noGuesses);
        Purging purging = purging(workspace);
        List<CompletableFuture<?>> writes = new ArrayList<>();
        for (Node node : nodes) {
            if (node.hasContent()) {
                purging.release(node.getContent());
            }
            writes.add(transaction.delete(Schema.Type.NODE, ns, node.getNode()));
        }
        workspace.flush();
        transaction.joinAll(writes);
        return nodes.size();
    }

    /** One member, with the places in the feed of its devices. */
    private int member(ByteString ns) {
        List<Member> members =
                transaction.join(
                        transaction.byKey(
                                Member.class,
                                Schema.Type.MEMBER,
                                RecordTransaction.under(Schema.Type.MEMBER, ns),
                                RecordTransaction.forward(1)));
        for (Member member : members) {
            List<CompletableFuture<?>> writes = new ArrayList<>();
            for (RecordTransaction.Stored<Device> device :
                    transaction.join(
                            transaction.byIndex(
                                    Device.class,
                                    Schema.Type.DEVICE,
                                    Schema.DEVICE_ACCOUNT,
                                    RecordTransaction.allOf(member.getAccount()),
                                    RecordTransaction.forward(DEVICES_MAX)))) {
                writes.add(
                        transaction.delete(
                                Schema.Type.DEVICE_CURSOR, device.record().getDevice(), ns));
            }
            writes.add(transaction.delete(Schema.Type.MEMBER, ns, member.getAccount()));
            transaction.joinAll(writes);
        }
        return members.size();
    }

    /** The changes, in one range of keys each, and the rows there is one of. */
    private void rest(ByteString ns) {
        transaction.join(transaction.deleteAll(Schema.Type.CHANGE_SET, "ns", ns));
        transaction.joinAll(
                List.of(
                        transaction.delete(Schema.Type.RETENTION_STATE, ns),
                        transaction.delete(Schema.Type.NAMESPACE, ns)));
    }
}
