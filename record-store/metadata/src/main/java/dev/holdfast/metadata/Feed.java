package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.Done;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.ChangesPage;
import org.jspecify.annotations.Nullable;

/** The changelog of a namespace, in commit order. */
public interface Feed {
    /**
     * What changed after the cursor, or the state since the beginning without one. Never waits: an
     * empty page means that there is nothing yet. A cursor that cannot be continued answers {@code
     * cursor-reset}.
     *
     * @param limit 1 to {@link dev.holdfast.model.Limits#PAGE_ENTRIES_MAX}
     */
    Answer<ChangesPage> changes(
            Caller caller, NamespaceId namespace, @Nullable String cursor, int limit);

    /** Everything up to the cursor is on the device. Replays are tolerated and go never back. */
    Answer<Done> ack(Caller caller, NamespaceId namespace, String cursor);

    /**
     * Starts to look out for changes. Watch first, then read {@link #changes}, then wait: what is
     * committed after this call returned completes the watch. It may complete for nothing, and a
     * lost watch may never complete: wait with a timeout and read again.
     */
    FeedWatch watch(NamespaceId namespace);
}
