package dev.holdfast.metadata;

import dev.holdfast.model.PackId;

/** Somebody raised the pack's epoch or sealed it: its writer must abandon it. */
public final class PackFencedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient PackId pack;

    public PackFencedException(PackId pack) {
        super("the pack belongs to another writer now: " + pack);
        this.pack = pack;
    }

    public PackId pack() {
        return pack;
    }
}
