package dev.holdfast.metadata;

import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * From packs with dead bytes to no pack at all: T8, T9 and T10. Lists are read at snapshot; the
 * transactions decide, may be repeated, and throw {@link LeaseLostException} without effect when
 * the work was taken over.
 */
public interface PackRows {
    /** Most chunks one call of {@link #move} takes. */
    int MOVE_MAX = 200;

    /** Most traces of deletions one call of {@link #forgetDeletions} forgets. */
    int FORGET_MAX = 500;

    /**
     * A chunk's way from one record to another.
     *
     * @param from where its row said it lies; another place or generation meanwhile, and it stays
     */
    record Move(Sha256 hash, ChunkLocation from, long offset, int storedLength, int codec) {}

    /** What T9 made of a pack. */
    enum Trashing {
        TRASHED,
        /** Chunks lie in it. */
        NOT_EMPTY,
        /** It is open, or trashed already, or gone. */
        NOT_SEALED,
        /** Some other work needs it. */
        LEASED
    }

    /** What the first half of T10 made of a pack. */
    enum Deleting {
        /** The file can be deleted now. */
        READY,
        /** It is not in the trash since the moment named. */
        NOT_TRASHED,
        /** A chunk lies in it all the same: nothing of it may be deleted. */
        NOT_EMPTY,
        /** A backup, or some other work, needs it. */
        LEASED
    }

    /** Counters of everything, at snapshot. */
    Census census();

    Optional<PackView> pack(PackId pack);

    /** Packs that may have become sparse, by id, behind one. */
    List<PackView> candidates(@Nullable PackId after, int limit);

    /** Packs at a stage, by id, behind one. */
    List<PackView> atStage(PackStage stage, @Nullable PackId after, int limit);

    /** Chunks that lie in a pack at or beyond an offset, by offset. */
    List<ChunkRow> chunks(PackId pack, long fromOffset, int limit);

    /** Rows of chunks, wherever they lie; those without one are left out. At most 1,000. */
    List<ChunkRow> rows(List<Sha256> hashes);

    /**
     * Strikes a pack off the candidates if it has no more dead bytes than that, or is gone.
     *
     * @return true when it is no candidate any more
     */
    boolean settle(WorkLease lease, PackId pack, long deadBytesMax);

    /** Makes a pack a candidate: somebody who fills it may die before it is of use. */
    void nominate(WorkLease lease, PackId pack);

    /**
     * T8: lets chunks that are live, and lie where they did, lie in the target, which the caller
     * has read back. Condemned and lost ones stay.
     *
     * @return for each, whether it lies in the target now
     * @throws PackFencedException when the target is not sealed
     */
    List<Boolean> move(WorkLease lease, PackId target, List<Move> moves);

    /** T9. */
    Trashing trash(WorkLease lease, PackId pack);

    /** T10, before the file is deleted; a pack whose deletion was begun answers READY again. */
    Deleting beginDelete(WorkLease lease, PackId pack, long trashedAtMillis);

    /** T10, after the file was deleted: the row goes and leaves a trace. */
    void finishDelete(WorkLease lease, PackId pack, Id128 job, String reason);

    /** The trace of a pack, if it was deleted. */
    Optional<Deleted> deletion(PackId pack);

    /** Traces of deleted packs, by pack, behind one. */
    List<Deleted> deletions(@Nullable PackId after, int limit);

    /**
     * Forgets traces of deletions up to a moment, the oldest first, {@link #FORGET_MAX} at most.
     *
     * @return how many; fewer than the maximum when there is none left
     */
    int forgetDeletions(WorkLease lease, long untilMillis);

    /** The trace of a deleted pack. */
    record Deleted(PackId pack, long atMillis, Id128 job, String reason, long length) {}
}
