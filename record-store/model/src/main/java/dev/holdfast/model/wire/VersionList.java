package dev.holdfast.model.wire;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The versions of a node, newest first. */
public record VersionList(List<Entry> versions) {
    public VersionList {
        versions = List.copyOf(versions);
    }

    public record Entry(
            long contentRev,
            long size,
            int chunkCount,
            Sha256 contentHash,
            long mtimeNanos,
            long createdAtMillis,
            @Nullable DeviceId device) {}
}
