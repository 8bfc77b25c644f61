package dev.holdfast.model.wire;

import dev.holdfast.model.Limits;
import java.util.List;

/** Body of {@code POST /v1/uploads/{id}/files}: contents that are going to be sent. */
public record Declaration(List<ContentPart> contents) {
    public Declaration {
        contents = List.copyOf(contents);
        int chunks = contents.stream().mapToInt(part -> part.chunks().size()).sum();
        if (contents.isEmpty()
                || contents.size() > Limits.DECLARE_CONTENTS_MAX
                || chunks > Limits.DECLARE_CHUNKS_MAX) {
            throw new IllegalArgumentException(
                    "a declaration holds 1 to "
                            + Limits.DECLARE_CONTENTS_MAX
                            + " parts and at most "
                            + Limits.DECLARE_CHUNKS_MAX
                            + " chunks");
        }
    }
}
