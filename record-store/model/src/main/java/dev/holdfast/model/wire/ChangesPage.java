package dev.holdfast.model.wire;

import java.util.List;

/**
 * A page of the feed, in commit order. A page may end inside a transaction and children may come
 * before their parents: a reader without a cursor applies nothing until {@code hasMore} is false.
 */
public record ChangesPage(List<ChangeEntry> entries, String cursor, boolean hasMore) {
    public ChangesPage {
        entries = List.copyOf(entries);
    }
}
