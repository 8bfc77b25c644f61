package dev.holdfast.metadata;

import dev.holdfast.model.Sha256;

/**
 * What repair says about chunks: T12 and T13. Both may be repeated; the answer is that of a call
 * whose commit was never in doubt.
 */
public interface LossRows {
    /**
     * T12: no good copy was found where the chunk lies. Its row keeps naming the place, which keeps
     * the pack, and from now on the chunk has to be sent again: the devices of the namespaces that
     * reference it are asked to, through their feed.
     *
     * @return false when it lies elsewhere by now, was healed, or is gone
     */
    boolean lose(Sha256 hash, ChunkLocation location);

    /**
     * T13: a chunk that was lost was read well again, at the place its row names.
     *
     * @return false when it is not lost, or lies elsewhere by now
     */
    boolean found(Sha256 hash, ChunkLocation location);
}
