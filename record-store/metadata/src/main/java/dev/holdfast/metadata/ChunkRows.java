package dev.holdfast.metadata;

import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Rows of chunks and packs, for whoever writes and reads packs. */
public interface ChunkRows {
    /** T1: a new pack's row, open, to be called before the file is made. */
    PackWriterLease beginPack();

    /**
     * T2: rows for records that are durable in the pack. One answer a record, in the same order.
     * Takes a few transactions for a large group; repeating a group is harmless.
     *
     * @throws PackFencedException when the pack is not open at this epoch any more; records of
     *     earlier transactions of the group stay placed
     */
    List<Placement> place(PackWriterLease lease, List<PlacedChunk> records);

    /**
     * T11: no more records. Sealing again with the same length is harmless.
     *
     * @param length bytes of the pack's records; never below the end of one that has a row
     * @throws PackFencedException when the epoch was raised
     */
    void sealPack(PackWriterLease lease, long length);

    /** Locations of those of the chunks that have a readable copy. */
    Map<Sha256, ChunkLocation> locate(Collection<Sha256> hashes);

    /** Packs that nobody sealed, for the janitor. */
    List<OpenPack> openPacks();

    /** T11, first half: fences the pack's writer out. The lease answered is the janitor's. */
    PackWriterLease raiseEpoch(PackId pack);
}
