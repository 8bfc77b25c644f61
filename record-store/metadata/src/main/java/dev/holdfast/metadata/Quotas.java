package dev.holdfast.metadata;

import com.apple.foundationdb.record.IndexEntry;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Account;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.model.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What an account may store: the plain bytes of all contents in the namespaces it owns, from the
 * moment they are declared until they are doomed, and what uploads have reserved and not declared
 * yet. Sums are read at snapshot, so that uploads do not conflict: the overshoot is at most what is
 * reserved, or declared beyond its reservation, at the same moment.
 */
final class Quotas {
    private Quotas() {}

    static boolean exceeded(RecordTransaction transaction, Namespace namespace, long bytes) {
        boolean personal = !RecordNamespaces.isShared(namespace);
        // A personal namespace has the quota of its account.
        if (bytes == 0 || (personal && namespace.getQuotaBytes() == 0)) {
            return false;
        }
        long quota =
                personal
                        ? namespace.getQuotaBytes()
                        : transaction
                                .join(
                                        transaction.loadSnapshot(
                                                Account.class,
                                                Schema.Type.ACCOUNT,
                                                namespace.getOwner()))
                                .map(Account::getQuotaBytes)
                                .orElse(0L);
        return quota != 0 && bytes > quota - used(transaction, namespace.getOwner());
    }

    /** Plain bytes in all namespaces an account owns. */
    static long used(RecordTransaction transaction, ByteString account) {
        List<CompletableFuture<Long>> sums = new ArrayList<>();
        for (ByteString ns : owned(transaction, account)) {
            sums.add(transaction.sum(Schema.Type.OWNER, Schema.OWNER_BYTES, true, ns));
        }
        return sums.stream().mapToLong(transaction::join).sum();
    }

    /** Namespaces an account owns, its personal one included. */
    static List<ByteString> owned(RecordTransaction transaction, ByteString account) {
        List<IndexEntry> entries =
                transaction.join(
                        transaction.entries(
                                Schema.Type.NAMESPACE,
                                Schema.NAMESPACE_OWNER,
                                RecordTransaction.allOf(account),
                                RecordTransaction.forwardSnapshot(
                                        Limits.OWNED_NAMESPACES_MAX + 1)));
        return entries.stream()
                .map(IndexEntry::getPrimaryKey)
                .map(key -> ByteString.copyFrom(key.getBytes(key.size() - 1)))
                .toList();
    }
}
