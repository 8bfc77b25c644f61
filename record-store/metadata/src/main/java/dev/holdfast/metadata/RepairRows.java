package dev.holdfast.metadata;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of chunks that repair mends, and what they mean for people. Lists are read at snapshot;
 * writes may be repeated, and those under a lease throw {@link LeaseLostException} without effect
 * when the work was taken over.
 */
public interface RepairRows {
    /** Most records one call of {@link #restore} takes. */
    int RESTORE_MAX = 200;

    /**
     * A file of which a chunk is part.
     *
     * @param path from the root of its namespace, with a leading slash; the file's name alone where
     *     a folder above it is gone
     * @param trashed it, or a folder above it, is in the trash
     * @param current its present content is affected
     * @param versions content revisions that are affected, the present one included
     */
    record AffectedFile(
            String namespace,
            String node,
            String path,
            boolean trashed,
            boolean current,
            List<Long> versions) {}

    /** A record that a pack was found to hold, as {@link ChunkLocation} has it. */
    record PackRecord(Sha256 hash, long offset, int plainLength, int storedLength, int codec) {}

    /** What became of a record's row. */
    enum Restored {
        /** There was none; now it names the record. */
        WRITTEN,
        /** It names the record already. */
        PRESENT,
        /** It names another place, which is left as it is. */
        ELSEWHERE,
        /** It was lost; now it names the record. */
        HEALED
    }

    /**
     * A content that is stored.
     *
     * @param file what it is the content of; empty when that is gone
     * @param missing chunks without a readable copy by their rows
     * @param missingReferences chunks of its list that it held no reference to
     */
    record StoredContent(
            ContentId content,
            @Nullable AffectedFile file,
            int chunks,
            List<Sha256> missing,
            int missingReferences) {}

    /**
     * Packs that rows of chunks name, by id, behind one: what a pack's own row says of it, or that
     * it has none, does not matter.
     */
    List<PackId> namedPacks(@Nullable PackId after, int limit);

    /** Chunks of which no good copy was found; the count stops at the limit. */
    long lostChunks(int limit);

    /**
     * Removes what asks devices for chunks that came back, or that nobody there references any
     * more.
     *
     * @param limit rows looked at in one transaction; all are looked at
     */
    void tidyWanted(int limit);

    /** Files and versions a chunk is part of, at most so many. */
    List<AffectedFile> affected(Sha256 chunk, int limit);

    /**
     * Lets a chunk's row name another record, which the caller has read well: an index fault, or
     * the copy of a lost chunk, which is live then. A condemned chunk stays condemned.
     *
     * @param from what the row says now, all of it; otherwise nothing happens
     * @return false when nothing happened
     * @throws PackFencedException when the pack of the new place is not sealed
     */
    boolean correct(WorkLease lease, Sha256 chunk, ChunkLocation from, PackId pack, PackRecord to);

    /**
     * Writes rows for records that a pack was found to hold and that were read well, and the pack's
     * own row when it has none. Chunks that nothing references become candidates of the collection.
     *
     * @param length of the pack's records
     * @return one answer a record in the same order; empty when the pack is open, in the trash, or
     *     being deleted, and nothing was written
     */
    List<Restored> restore(WorkLease lease, PackId pack, long length, List<PackRecord> records);

    /** Committed contents by id, behind one, each looked at whole; missing references are added. */
    List<StoredContent> contents(WorkLease lease, @Nullable ContentId after, int limit);
}
