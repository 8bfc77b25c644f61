package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** The files that packs are. Calls block; a path is never used for two packs. */
interface PackFiles extends AutoCloseable {
    /**
     * Asks whether a file could be made now; asked before a pack gets its row, so that a storage
     * that is away does not fill the rows with packs that have no file.
     */
    void requireWritable() throws IOException;

    /**
     * Makes the file of a new pack.
     *
     * @throws java.nio.file.FileAlreadyExistsException or another {@link IOException}; the file may
     *     exist afterwards
     */
    Output create(PackId pack) throws IOException;

    /**
     * Opens a pack for reading up to the length that is durable now.
     *
     * @throws java.io.FileNotFoundException when there is no such file
     */
    Input open(PackId pack) throws IOException;

    /**
     * One input for each copy of a pack that can be asked by itself, and that the storage has not
     * found bad already.
     *
     * @param onBad told of each copy that is known to be bad, or that cannot be asked
     */
    List<Input> replicas(PackId pack, Consumer<IOException> onBad) throws IOException;

    /**
     * Takes a file away from whoever writes it and closes it at the length its copies agree on.
     * Harmless on a closed file.
     *
     * @return the length the file has for ever
     * @throws java.io.FileNotFoundException when there is no such file
     * @throws IOException when that did not come about within {@code waitMax}
     */
    long recover(PackId pack, Duration waitMax) throws IOException;

    /** Names every pack there is a file for, in no order. */
    void list(Consumer<PackFile> each) throws IOException;

    /** What the storage says about its room; to tell a full disk from a broken one. */
    boolean full();

    @Override
    void close() throws IOException;

    /** A file being written. For one thread at a time. */
    interface Output {
        void write(byte[] bytes, int from, int length) throws IOException;

        /**
         * Makes everything written so far durable.
         *
         * @return how many DataNodes hold it
         */
        int sync() throws IOException;

        /** Ends the file; on an exception its state is unknown. */
        void close() throws IOException;
    }

    /** A file being read. For any number of threads. */
    interface Input {
        /** Bytes that can be read; a file still being written may have grown since. */
        long length();

        /** Reads exactly that much, or throws {@link java.io.EOFException} past the length. */
        void read(long position, byte[] to, int from, int length) throws IOException;

        void close() throws IOException;
    }
}
