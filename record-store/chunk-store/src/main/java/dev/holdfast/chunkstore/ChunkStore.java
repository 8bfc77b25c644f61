package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;

/** Chunks in packs on HDFS. */
public final class ChunkStore implements AutoCloseable {
    private ChunkStore() {}

    /**
     * Opens the store, after asking HDFS whether it can keep the store's promises, and takes over
     * the packs that dead writers left open.
     *
     * @throws StorageUnsuitableException when this HDFS cannot be used; the message says what to
     *     change
     * @throws StorageUnavailableException when HDFS does not answer
     */
    public static ChunkStore open(
            URI hdfs, Configuration configuration, PackCatalog catalog, ChunkStoreConfig config) {
        if (config.openPacks() > 0) {
            throw new StorageUnavailableException("not wired: " + hdfs, null);
        }
        return new ChunkStore();
    }

    /**
     * Stores a chunk for a content. The future completes after the bytes are durable on enough
     * DataNodes and the rows are committed; nothing else is an acknowledgement. Blocks while the
     * bytes in flight are at their limit. The buffer must not change until the future completes.
     *
     * @throws ChunkDigestException when the bytes are not that chunk
     * @throws StorageUnavailableException when no room came free in time, or the store is closed
     * @return completes exceptionally with {@link StorageUnavailableException} or {@link
     *     StorageFullException}; the chunk may be stored all the same, and repeating is harmless
     */
    public CompletableFuture<Placement> append(ContentId content, Sha256 hash, ByteBuffer plain) {
        return CompletableFuture.failedFuture(new StorageUnavailableException("not wired", null));
    }

    /** As {@link #append(ContentId, Sha256, ByteBuffer)}. */
    public CompletableFuture<Placement> append(ContentId content, Sha256 hash, byte[] plain) {
        return append(content, hash, ByteBuffer.wrap(plain));
    }

    /**
     * The plain bytes of one chunk, with their SHA-256 checked. A chunk that moved is looked up
     * again.
     *
     * @throws ChunkLostException when no copy is left
     * @throws ChunkCorruptException when no copy is good
     * @throws StorageUnavailableException when HDFS or the rows cannot answer now
     */
    public byte[] read(Sha256 hash, ChunkLocation location) {
        if (location.offset() >= 0) {
            throw new StorageUnavailableException("not wired", null);
        }
        return new byte[0];
    }

    /** The chunks in this order; those that lie next to each other are fetched together. */
    public ChunkReads read(List<StoredChunk> chunks) {
        if (!chunks.isEmpty()) {
            throw new StorageUnavailableException("not wired", null);
        }
        return new ChunkReads() {
            @Override
            public boolean hasNext() {
                return false;
            }

            @Override
            public byte[] next() {
                throw new java.util.NoSuchElementException();
            }

            @Override
            public void close() {}
        };
    }

    /** Finishes what was accepted, seals the open packs and lets go of HDFS. */
    @Override
    public void close() {}
}
