package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.Done;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.WantedChunks;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The changelog of a namespace, in commit order. */
public interface Feed {
    /** Devices that {@link #lag} looks at. */
    int LAG_DEVICES_MAX = 10_000;

    /**
     * What changed after the cursor, or the state since the beginning without one. Never waits: an
     * empty page means that there is nothing yet. A cursor that cannot be continued answers {@code
     * cursor-reset}.
     *
     * @param limit 1 to {@link dev.holdfast.model.Limits#PAGE_ENTRIES_MAX}
     */
    Answer<ChangesPage> changes(
            Caller caller, NamespaceId namespace, @Nullable String cursor, int limit);

    /**
     * Chunks that the namespace references and of which no good copy is left, those behind the
     * cursor, in the order of their losses: whoever has the bytes is asked to upload them again.
     * Empty when there are none, and for a caller who may only read.
     *
     * @param after the cursor of an answer before; empty for the first
     */
    Answer<Optional<WantedChunks>> wanted(Caller caller, NamespaceId namespace, String after);

    /** Everything up to the cursor is on the device. Replays are tolerated and go never back. */
    Answer<Done> ack(Caller caller, NamespaceId namespace, String cursor);

    /**
     * How far devices are behind: reads every device's cursor and one change for each, some hundred
     * devices a transaction, at most {@value #LAG_DEVICES_MAX} devices.
     *
     * @param present devices that gave a sign of life within this time are present, others away
     */
    FeedLag lag(Duration present);

    /**
     * Starts to look out for changes. Watch first, then read {@link #changes}, then wait: what is
     * committed after this call returned completes the watch. It may complete for nothing, and a
     * lost watch may never complete: wait with a timeout and read again.
     */
    FeedWatch watch(NamespaceId namespace);
}
