package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;

/**
 * A pack whose row says that somebody appends to it.
 *
 * @param epoch of its present writer
 * @param highestEnd one past the last byte of the last record that any chunk's row names; 0 when
 *     none names the pack
 */
public record OpenPack(PackId pack, long epoch, long highestEnd) {}
