package dev.holdfast.sync.engine;

import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.sync.tree.Fingerprint;
import java.util.List;

/**
 * What a file was made of when it was read from one end to the other without changing.
 *
 * @param racy it was modified so shortly before that a later change might not show
 */
record FileDigest(
        Fingerprint print,
        boolean executable,
        List<ChunkRef> chunks,
        Sha256 contentHash,
        boolean racy) {
    FileDigest {
        chunks = List.copyOf(chunks);
    }
}
