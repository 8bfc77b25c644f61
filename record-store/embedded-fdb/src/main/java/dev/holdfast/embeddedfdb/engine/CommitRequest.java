package dev.holdfast.embeddedfdb.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One transaction on its way to the commit thread.
 *
 * @param readVersion version the reads were made at
 * @param readConflicts ranges read, as pairs begin, end
 * @param checked whether a read version that has left the window fails the commit even when nothing
 *     was read, as it does unless the caller takes the risk of writing twice
 * @param writeConflicts ranges written, as pairs begin, end
 * @param mutations writes in order
 * @param bytes size used for limits
 * @param onConflict given the read ranges that were in conflict, as pairs, before the outcome is
 *     told; null when nobody asks, which lets the resolver stop at the first
 * @param executor where the outcome's dependents run
 * @param outcome completed when the commit is durable, or with an {@link EmbeddedFdbException}
 */
public record CommitRequest(
        long readVersion,
        List<byte[]> readConflicts,
        boolean checked,
        List<byte[]> writeConflicts,
        List<Mutation> mutations,
        long bytes,
        @Nullable Consumer<List<byte[]>> onConflict,
        Executor executor,
        CompletableFuture<Committed> outcome) {

    /**
     * A durable commit.
     *
     * @param version commit version
     * @param order place among the commits of this version, 0 to 65,535
     */
    public record Committed(long version, int order) {
        public byte[] versionstamp() {
            return Versionstamps.stamp(version, order);
        }
    }
}
