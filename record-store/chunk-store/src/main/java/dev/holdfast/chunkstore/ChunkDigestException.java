package dev.holdfast.chunkstore;

import dev.holdfast.model.Sha256;

/** The bytes handed in are not the chunk they were announced as; nothing was stored. */
public final class ChunkDigestException extends ChunkStoreException {
    private static final long serialVersionUID = 1L;

    private final transient Sha256 announced;
    private final transient Sha256 actual;

    public ChunkDigestException(Sha256 announced, Sha256 actual) {
        super("the bytes hash to " + actual + ", announced was " + announced);
        this.announced = announced;
        this.actual = actual;
    }

    public Sha256 announced() {
        return announced;
    }

    public Sha256 actual() {
        return actual;
    }
}
