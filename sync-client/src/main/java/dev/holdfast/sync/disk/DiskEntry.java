package dev.holdfast.sync.disk;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.Fingerprint;
import org.jspecify.annotations.Nullable;

/**
 * What stands under one name.
 *
 * @param kind null for what cannot be synced: a device, a socket, a name that does not round-trip
 * @param target where a symlink points, null for what is none
 */
public record DiskEntry(
        String name,
        @Nullable NodeKind kind,
        Fingerprint print,
        boolean executable,
        @Nullable String target) {}
