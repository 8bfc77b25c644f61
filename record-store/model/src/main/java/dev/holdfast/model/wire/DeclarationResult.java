package dev.holdfast.model.wire;

import dev.holdfast.model.ContentId;
import java.util.List;

/** Answer to a {@link Declaration}, one entry a part, in the same order. */
public record DeclarationResult(List<PartResult> contents) {
    public DeclarationResult {
        contents = List.copyOf(contents);
    }

    /**
     * What is still to be sent for a part.
     *
     * @param missing positions in the part's chunk list; what is not named is pinned already
     */
    public record PartResult(ContentId content, int part, List<Integer> missing) {
        public PartResult {
            missing = List.copyOf(missing);
        }
    }
}
