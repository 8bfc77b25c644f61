package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;

/**
 * A pack's file, as the storage lists it.
 *
 * @param length bytes; of a file still being written, those that are known
 */
public record PackFile(PackId pack, long length, long modifiedMillis) {}
