package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.VersionList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tree of a namespace. A node is live when it and all its ancestors are out of the trash; every
 * read but {@link #trash} answers {@code gone} for a node that is not.
 */
public interface Nodes {
    /**
     * Executes the operations in order, each on its own, and answers one result an operation. An
     * operation that was executed before, by its (device, sequence), is not executed again: its
     * stored result is answered. Takes a few transactions for a large batch; what one of them has
     * committed stays, whatever becomes of the next.
     */
    Answer<OpResults> apply(Caller caller, NamespaceId namespace, OpBatch batch);

    /**
     * How many operations {@link #apply} answered with the result of an earlier request, since this
     * store was opened.
     */
    long replays();

    Answer<NodeState> stat(Caller caller, NamespaceId namespace, NodeId node);

    /**
     * The live node at a path.
     *
     * @param path names separated by slashes, from the root; a leading slash is allowed, {@code /}
     *     is the root
     */
    Answer<NodeState> byPath(Caller caller, NamespaceId namespace, String path);

    /**
     * Live children by their normalised name.
     *
     * @param after {@link NodeList#next} of the page before
     * @param limit 1 to {@link dev.holdfast.model.Limits#PAGE_ENTRIES_MAX}
     */
    default Answer<NodeList> children(
            Caller caller, NamespaceId namespace, NodeId node, @Nullable String after, int limit) {
        return children(caller, namespace, node, ChildFilter.ALL, after, limit);
    }

    /**
     * Some of the live children, by their normalised name. Names that the filter leaves out are not
     * read; nodes of another kind are, so that a page can hold fewer than {@code limit} nodes, or
     * none, and still have a next one.
     *
     * @param after {@link NodeList#next} of the page before, of the same filter
     */
    Answer<NodeList> children(
            Caller caller,
            NamespaceId namespace,
            NodeId node,
            ChildFilter filter,
            @Nullable String after,
            int limit);

    /** What was put into the trash itself, oldest first; not what lies below it. */
    Answer<NodeList> trash(Caller caller, NamespaceId namespace, @Nullable String after, int limit);

    /** Live conflict copies. */
    Answer<NodeList> conflicts(
            Caller caller, NamespaceId namespace, @Nullable String after, int limit);

    Answer<VersionList> versions(Caller caller, NamespaceId namespace, NodeId node);

    /**
     * The version a file or symlink had at a time, the current one included; {@code not-found} when
     * it did not exist then, or the version is no longer kept.
     */
    Answer<VersionList.Entry> versionAt(
            Caller caller, NamespaceId namespace, NodeId node, long atMillis);

    /**
     * A page of a version's chunk list.
     *
     * @param contentRev null for the current version
     * @param from position of the first chunk wanted
     */
    Answer<Manifest> manifest(
            Caller caller,
            NamespaceId namespace,
            NodeId node,
            @Nullable Long contentRev,
            int from,
            int limit);

    /** Where chunks lie, one answer an address, in the same order. */
    Answer<List<Answer<ChunkToRead>>> chunks(
            Caller caller, NamespaceId namespace, List<ChunkReadRequest.Address> addresses);
}
