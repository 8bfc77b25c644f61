package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Sha256;
import org.jspecify.annotations.Nullable;

/** No copy of the chunk's bytes can be found any more: its pack, or its block, is gone. */
public final class ChunkLostException extends ChunkStoreException {
    private static final long serialVersionUID = 1L;

    private final transient Sha256 hash;
    private final transient ChunkLocation location;

    public ChunkLostException(
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
