package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Sha256;
import org.jspecify.annotations.Nullable;

/** The bytes at the chunk's place are not the chunk, on any copy that could be read. */
public final class ChunkCorruptException extends ChunkStoreException {
    private static final long serialVersionUID = 1L;

    private final transient Sha256 hash;
    private final transient ChunkLocation location;

    public ChunkCorruptException(
            Sha256 hash, ChunkLocation location, String message, @Nullable Throwable cause) {
        super(message + ": chunk " + hash + " at " + location, cause);
        this.hash = hash;
        this.location = location;
    }

    public Sha256 hash() {
        return hash;
    }

    /** Where the last attempt looked. */
    public ChunkLocation location() {
        return location;
    }
}
