package dev.holdfast.sync.store;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.tree.TreeChanges;
import dev.holdfast.sync.tree.Trees;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The client's memory. Each method is atomic and durable when it returns; all may be called from
 * several threads.
 */
public interface StateStore extends AutoCloseable {
    /** Where a chunk lies in a file of the folder, as far as that file has not changed. */
    record ChunkPlace(NodeId node, long offset, int length) {}

    /** Puts what was saved into empty trees. */
    void load(Trees trees);

    /** Writes changed rows of the trees and settings together; an empty setting is removed. */
    void write(TreeChanges changes, Map<String, Optional<String>> settings);

    @Nullable String setting(String key);

    /** Operations that were sent, or were to be sent, and whose result is not known. */
    List<Op> outbox();

    /**
     * Gives operations the next sequences and adds them before they are sent. No sequence is given
     * twice, whichever process asks.
     */
    List<Op> putOutbox(List<LongFunction<Op>> wanted);

    void removeOutbox(Collection<Long> sequences);

    /** The lowest sequence that was never used. */
    long nextSequence();

    /** Remembers how the file is made up, in place of what was known of it. */
    void putChunks(NodeId node, List<ChunkRef> chunks);

    List<ChunkPlace> findChunk(Sha256 hash);

    /** Uploads that were begun and not ended. */
    List<UploadId> uploads();

    void putUpload(UploadId upload);

    void removeUpload(UploadId upload);

    @Override
    void close();
}
