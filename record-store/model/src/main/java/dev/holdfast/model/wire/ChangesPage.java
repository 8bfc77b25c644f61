package dev.holdfast.model.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the feed, in commit order. A page may end inside a transaction and children may come
 * before their parents: a reader without a cursor applies nothing until {@code hasMore} is false.
 *
 * @param wanted chunks that the server lacks; null when there are none, or when the reader did not
 *     say that it would send some
 */
public record ChangesPage(
        List<ChangeEntry> entries, String cursor, boolean hasMore, @Nullable WantedChunks wanted) {
    public ChangesPage {
        entries = List.copyOf(entries);
    }

    /** A page that asks for nothing. */
    public ChangesPage(List<ChangeEntry> entries, String cursor, boolean hasMore) {
        this(entries, cursor, hasMore, null);
    }

    public ChangesPage withWanted(WantedChunks some) {
        return new ChangesPage(entries, cursor, hasMore, some);
    }
}
