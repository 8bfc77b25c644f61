package dev.holdfast.metadata;

import dev.holdfast.model.PackId;

/**
 * A pack that was begun and not sealed.
 *
 * @param highestEnd no chunk row names a byte at or after this offset
 */
public record OpenPack(PackId pack, long epoch, long beganAtMillis, long highestEnd) {}
