package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.PlacedChunk;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows that the chunk store needs. Every call is one strictly serializable transaction that has
 * happened, whole, when the call returns; when it throws, it may have happened or not, unless the
 * exception says otherwise. Calls block.
 */
public interface PackCatalog {
    /** Writes the row of a new pack, OPEN and owned by the caller, before the file exists (T1). */
    PackWriterLease beginPack();

    /**
     * Gives the records of one group, durable by now, their rows (T2). Repeating a call is
     * harmless.
     *
     * @return one outcome for each record, in order
     * @throws dev.holdfast.metadata.PackFencedException when the lease is not the pack's present
     *     one, or the pack is not open; nothing was written
     */
    List<Placement> place(PackWriterLease lease, List<PlacedChunk> group);

    /**
     * Ends the pack at this length (T11). Sealing again at the same length is harmless.
     *
     * @throws dev.holdfast.metadata.PackFencedException when the lease is not the pack's present
     *     one
     * @throws IllegalArgumentException when a chunk's row names bytes beyond the length
     */
    void sealPack(PackWriterLease lease, long length);

    /** Where these chunks lie now; what has no row, or is lost, is left out. */
    Map<Sha256, ChunkLocation> locate(Collection<Sha256> hashes);

    /**
     * The packs that are OPEN, at most {@code limit} of them, lowest id first, after {@code after}.
     */
    List<OpenPack> openPacks(@Nullable PackId after, int limit);

    /**
     * Takes an open pack away from its writer: from here on every transaction under an older lease
     * is refused.
     */
    PackWriterLease raiseEpoch(PackId pack);
}
