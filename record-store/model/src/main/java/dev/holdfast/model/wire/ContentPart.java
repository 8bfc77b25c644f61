package dev.holdfast.model.wire;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import java.util.List;

/**
 * One part of a content's chunk list. Every part but the last holds {@link Limits#PART_CHUNKS_MAX}
 * chunks; parts are declared in order from 0.
 */
public record ContentPart(ContentId content, int part, boolean last, List<ChunkRef> chunks) {
    public ContentPart {
        chunks = List.copyOf(chunks);
        if (part < 0 || chunks.size() > Limits.PART_CHUNKS_MAX) {
            throw new IllegalArgumentException(
                    "a part holds at most " + Limits.PART_CHUNKS_MAX + " chunks");
        }
        if (!last && chunks.size() != Limits.PART_CHUNKS_MAX) {
            throw new IllegalArgumentException(
                    "every part but the last holds " + Limits.PART_CHUNKS_MAX + " chunks");
        }
    }
}
