package dev.holdfast.metadata;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From references that nobody needs any more to chunks without a row: T5, T6 and T7. Nothing here
 * looks at what is alive; the cost is that of the garbage.
 *
 * <p>Lists are read at snapshot and may be out of date at once: the transactions decide. All of
 * them may be repeated, and throw {@link LeaseLostException} without effect when the work was taken
 * over.
 */
public interface GarbageRows {
    /** Candidates are spread over this many shards, by the first bits of their hash. */
    int SHARDS = 16;

    /** Most chunks one call of {@link #condemn} or {@link #drop} takes. */
    int BATCH_MAX = 200;

    /** Where a candidate is on its way out. */
    enum Stage {
        /** Its last reference went. */
        UNREFERENCED,
        /** Condemned, or lost: it goes when the grace is over. */
        IN_GRACE
    }

    /** What T6 made of a chunk. */
    enum Condemnation {
        CONDEMNED,
        /** Lost already: it is not condemned, so that an upload can still heal it, but it waits. */
        LOST,
        /** Referenced again; it is no candidate any more. */
        REFERENCED,
        /** There is no such chunk or candidate any more. */
        GONE
    }

    /** What T7 made of a chunk. */
    enum Dropping {
        DROPPED,
        /** Referenced again; it is no candidate any more. */
        REFERENCED,
        /** Something happened to it during the grace; it has to be condemned again. */
        CHANGED,
        /** There is no such chunk or candidate any more. */
        GONE
    }

    /** What one step of T5 did. */
    record Released(int references, int candidates, boolean finished) {}

    /** Uploads whose lease ran out before, oldest first. */
    List<UploadId> expiredUploads(long beforeMillis, int limit);

    /**
     * T5: dooms some of what an upload has open, if its lease still lies before.
     *
     * @return true when there is nothing left to do
     */
    boolean expireUpload(WorkLease lease, UploadId upload, long beforeMillis);

    /** Contents doomed at or before, oldest first, whose references wait to be dropped. */
    List<ContentId> doomedContents(long beforeMillis, int limit);

    /**
     * T5: drops some references of a doomed content, and at last the content. Of each chunk whose
     * last reference went it leaves a candidate.
     */
    Released release(WorkLease lease, ContentId content);

    /** The candidates of a shard at a stage since then or before, oldest first, behind one. */
    List<GarbageCandidate> candidates(
            Stage stage, int shard, long beforeMillis, @Nullable GarbageCandidate after, int limit);

    /** T6, one answer a chunk in the same order. */
    List<Condemnation> condemn(WorkLease lease, List<Sha256> chunks);

    /**
     * T7: deletes the rows of chunks whose grace the caller found over, when they are condemned
     * with the same generation as then and still have no reference. Their packs become candidates.
     * One answer a chunk, in the same order.
     */
    List<Dropping> drop(WorkLease lease, List<GarbageCandidate> chunks);
}
