package dev.holdfast.metadata;

import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The half of the chunk state machine that takes away, for block-gc and repair-worker: T5 to T10,
 * T12 and T13 of the data layout.
 *
 * <p>Every call is one bounded transaction, or as many as its argument says; each may be repeated,
 * and each refuses by its answer when the state it expects is not there any more. Time is an
 * argument: it gives people an undo and readers a grace, it never decides that something is unused.
 */
public interface ChunkLifecycle {
    /**
     * T5: dooms the open contents of uploads whose lease is over. Answers how many steps it took.
     */
    int expireUploads(int stepsMax);

    /**
     * T5: drops references of doomed contents, oldest first, and makes candidates of the chunks
     * that lost their last one. Answers how many steps it took; 0 when nothing is doomed.
     */
    int releaseDoomed(int stepsMax);

    /** Chunks that lost a last reference at or before a time, in order of their hashes. */
    List<Sha256> candidates(@Nullable Sha256 after, long untilMillis, int limit);

    /** What T6 found. */
    enum Condemned {
        /** Condemned now or before: T7 may drop it after a grace. */
        CONDEMNED,
        /** Something refers to it: it is no candidate any more. */
        REFERENCED,
        /** It has no row: it is no candidate any more. */
        ABSENT
    }

    /** T6: LIVE or LOST without a reference becomes CONDEMNED. */
    Condemned condemn(Sha256 hash);

    /**
     * T7: drops the row of a chunk that is still condemned since then and still without a
     * reference. Its pack becomes a candidate for compaction.
     *
     * @param condemnedUntilMillis only if it was condemned at or before this time
     */
    boolean drop(Sha256 hash, long condemnedUntilMillis);

    /**
     * T8: the chunk lies elsewhere from now on; its bytes were read back there.
     *
     * @param from as it was read; nothing happens when it changed
     * @param to in a pack that is sealed; its generation is ignored
     */
    boolean move(Sha256 hash, ChunkLocation from, ChunkLocation to);

    /** T9: a sealed pack into which no row points. */
    boolean trashPack(PackId pack);

    /** T10, first half: a pack trashed at or before a time. Its file may be deleted after this. */
    boolean beginDelete(PackId pack, long trashedUntilMillis);

    /** T10, second half: its file is deleted. */
    boolean forgetPack(PackId pack);

    /** T12: no good copy is left of the chunk at this location. */
    boolean lose(Sha256 hash, ChunkLocation at);

    /** T13: a lost chunk was read well again where its row says it is. */
    boolean found(Sha256 hash, ChunkLocation at);

    /**
     * A pack's row.
     *
     * @param state open, sealed, trashed or deleting
     * @param length bytes; 0 while it is open
     * @param liveBytes stored bytes of chunks with a row here: a hint
     */
    record PackView(PackId pack, String state, long length, long liveBytes, long sinceMillis) {}

    /** Packs in order of their ids. */
    List<PackView> packs(@Nullable PackId after, int limit);

    /** Sealed packs of which something was dropped or moved, in order of their ids. */
    List<PackId> compactionCandidates(@Nullable PackId after, int limit);

    /**
     * A chunk with its row.
     *
     * @param state live, condemned or lost
     */
    record ChunkView(Sha256 hash, String state, ChunkLocation location) {}

    /** Chunks that lie in a pack at or after an offset, in order. */
    List<ChunkView> chunksOf(PackId pack, long fromOffset, int limit);
}
