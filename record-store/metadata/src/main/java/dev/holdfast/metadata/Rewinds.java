package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.RewindPlan;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import dev.holdfast.model.wire.TreeJobState;
import org.jspecify.annotations.Nullable;

/**
 * Brings a folder back to the state it had at a commit version, as far back as the feed goes. What
 * was there then gets its place, content and attributes back; what was not there goes into the
 * trash. The folder itself stays where it is and keeps its name. Nothing is lost by it: a rewind
 * consists of changes like any others, and can be rewound.
 */
public interface Rewinds {
    /** Changed nodes a page of a plan looks at, at most. */
    int PLAN_NODES_MAX = 200;

    /**
     * A page of what a rewind would do now. For every member.
     *
     * @param after {@link RewindPlan#next} of the page before; then the request names the version
     *     that page answered
     * @param limit 1 to {@link #PLAN_NODES_MAX}
     */
    Answer<RewindPlan> plan(
            Caller caller,
            NamespaceId namespace,
            RewindRequest request,
            @Nullable String after,
            int limit);

    /**
     * Starts the rewind as a job, and does the beginning of it. What others change after the start
     * is left alone, and counted as skipped. For editors. The same job id again answers with how
     * far it is.
     */
    Answer<TreeJobState> start(Caller caller, NamespaceId namespace, RewindStart start);
}
