package dev.holdfast.model.wire;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answer to uploaded chunks: one entry a complete frame, in the order they came. Frames of a body
 * that was cut short count as far as they were complete.
 */
public record ChunkUploadResult(List<Entry> chunks) {
    public ChunkUploadResult {
        chunks = List.copyOf(chunks);
    }

    /**
     * What became of one frame.
     *
     * @param code null when the chunk is durable and pinned for the content
     */
    public record Entry(ContentId content, Sha256 hash, @Nullable ProblemCode code) {}
}
