package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas.Replica;
import dev.holdfast.metadata.ChunkRow;
import java.util.List;

/**
 * What the ladder made of one chunk that did not read well everywhere. Each is one step's
 * explanation; the order here is the order of the steps, of which the first, a fresh stream that
 * reads well, leaves nothing to explain.
 */
sealed interface Diagnosis {
    ChunkRow row();

    /** Its row names another place by now, or there is none: who moved it looked after it. */
    record Moved(ChunkRow row) implements Diagnosis {}

    /**
     * Some pack that is sealed holds the chunk well, where the row does not say.
     *
     * @param copy where
     * @param inPack it is the pack that the row names: only the place in it, or the lengths, are
     *     wrong
     */
    record IndexFault(ChunkRow row, CopySearch.Copy copy, boolean inPack) implements Diagnosis {}

    /**
     * Some replicas are faulty, another one holds the chunk.
     *
     * @param copy from which it can be taken
     */
    record BadReplicas(ChunkRow row, CopySearch.Copy copy, List<Faulty> faulty)
            implements Diagnosis {}

    /** No replica holds it, but another pack's file does, which is no place for a row. */
    record OldCopy(ChunkRow row, CopySearch.Copy copy) implements Diagnosis {}

    /** Nobody holds it, and everybody was asked. */
    record Lost(ChunkRow row, String why) implements Diagnosis {}

    /** It was lost, and at least one replica reads well again. */
    record Found(ChunkRow row) implements Diagnosis {}

    /** Somebody who may hold it did not answer. */
    record Unavailable(ChunkRow row, String why) implements Diagnosis {}

    /** A replica on which the chunk is not, or not well. */
    record Faulty(Replica replica, CopyState state) {}
}
