package dev.holdfast.chunkstore;

/**
 * Chunks on their way out, in the order asked for. Reading ahead is bounded by {@link
 * ChunkStoreConfig#readAheadBytes()}. For one thread at a time.
 */
public interface ChunkReads extends AutoCloseable {
    /** True while {@link #next()} has a chunk, good or bad, left to answer for. */
    boolean hasNext();

    /**
     * The plain bytes of the next chunk, with their SHA-256 checked. An exception answers for one
     * chunk only: the next call goes on with the chunk after it.
     *
     * @throws ChunkLostException when no copy is left
     * @throws ChunkCorruptException when no copy is good
     * @throws StorageUnavailableException when HDFS or the rows cannot answer now
     * @throws java.util.NoSuchElementException when every chunk was answered for
     */
    byte[] next();

    /** Stops reading ahead and gives its memory back. */
    @Override
    void close();
}
