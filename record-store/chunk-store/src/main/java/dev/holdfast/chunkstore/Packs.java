package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.util.List;

/**
 * Packs as wholes, for those who collect and repair them. Nothing here reads or writes rows. Calls
 * block; for any number of threads, but a {@link Copy} is for one.
 */
public interface Packs extends AutoCloseable {
    /** A record of a pack: where it begins and what it says it holds. */
    record Entry(Sha256 hash, long offset, int plainLength, int storedLength, int codec) {}

    /**
     * The records that the pack's file itself names, in its table of contents or, where it has
     * none, one behind the other up to where no record follows.
     *
     * @throws java.io.FileNotFoundException when there is no such file
     */
    List<Entry> entries(PackId pack) throws IOException;

    /**
     * Begins the file of a new pack, of which the row is there already (T1).
     *
     * @throws IOException when it cannot be made; it may exist all the same
     */
    Copy begin(PackWriterLease pack) throws IOException;

    /**
     * Deletes the pack's file, for good.
     *
     * @return false when there was none
     */
    boolean delete(PackId pack) throws IOException;

    /**
     * Whether the storage is still giving back the space of files that were deleted: it does so
     * after the deletion has answered.
     *
     * @throws IOException when it cannot say
     */
    default boolean freeing() throws IOException {
        return false;
    }

    @Override
    void close();

    /** A new pack that takes records out of others. What it holds is of use after {@link #end}. */
    interface Copy extends AutoCloseable {
        /** Bytes so far. */
        long length();

        /**
         * Copies a record as it is stored, after its bytes have proved to be the chunk.
         *
         * @throws IOException when it cannot be read well; the copy can go on with another one
         */
        void add(Sha256 hash, ChunkLocation from) throws IOException;

        /**
         * Makes everything durable, closes the file and reads all of it back from a fresh stream,
         * every byte checked.
         *
         * @throws IOException when anything of that fails: the pack must not be used
         */
        Ended end() throws IOException;

        /** Gives the file up if it was not ended. */
        @Override
        void close();
    }

    /**
     * A finished copy.
     *
     * @param length at which to seal it
     * @param entries in the order in which they were added
     */
    record Ended(long length, List<Entry> entries) {}
}
