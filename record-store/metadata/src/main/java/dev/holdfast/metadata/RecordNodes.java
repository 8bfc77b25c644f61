package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Names;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.VersionList;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** {@link Nodes} in records. */
final class RecordNodes implements Nodes {
    /** How clients have to cut what they declare; the server does not depend on it. */
    private static final String CHUNKER = "fastcdc-v1";

    private static final long PARENT_GUESSES_MAX = 100_000;
    private static final int VERSIONS_MAX = 10_000;

    /** Steps of a purge that its own request waits for; a worker does the rest. */
    private static final int JOB_STEPS_INLINE = 8;

    private final RecordDatabase database;
    private final Access access;
    private final MetadataConfig config;
    private final Jobs jobs;
    private final CommitTimes commitTimes;
    private final LongAdder replays = new LongAdder();
    private final Cache<ByteString, ByteString> parentGuesses =
            Caffeine.newBuilder().maximumSize(PARENT_GUESSES_MAX).build();

    RecordNodes(RecordDatabase database, Access access, MetadataConfig config, Jobs jobs) {
        this.database = database;
        this.access = access;
        this.config = config;
        this.jobs = jobs;
        this.commitTimes = new CommitTimes(database, config);
    }

    @Override
    public Answer<OpResults> apply(Caller caller, NamespaceId namespace, OpBatch batch) {
        BatchRun run =
                new BatchRun(database, access, config, parentGuesses, caller, namespace, batch);
        Answer<OpResults> answer = run.run();
        replays.add(run.replays());
        commitTimes.note();
        if (run.beganJobs()) {
            jobs.run(JOB_STEPS_INLINE);
        }
        return answer;
    }

    @Override
    public long replays() {
        return replays.sum();
    }

    private <T> Answer<T> read(
            Caller caller, NamespaceId namespace, Function<Workspace, Answer<T>> body) {
        return database.read(transaction ->
                switch (access.enter(transaction, caller, namespace, Role.VIEWER)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(_) ->
                            body.apply(
                                    new Workspace(transaction, Bytes.of(namespace), parentGuesses));
                });
    }

    /** Reads something about a live node. */
    private <T> Answer<T> readLive(
            Caller caller,
            NamespaceId namespace,
            NodeId node,
            BiFunction<Workspace, Node, Answer<T>> body) {
        return read(
                caller,
                namespace,
                workspace -> {
                    workspace.prefetchNodes(List.of(Bytes.of(node)));
                    Optional<Node> found = workspace.node(Bytes.of(node));
                    @Nullable Refusal fault = new Tree(workspace).fault(found);
                    return fault != null
                            ? Answer.refused(fault)
                            : body.apply(workspace, found.orElseThrow());
                });
    }

    @Override
    public Answer<NodeState> stat(Caller caller, NamespaceId namespace, NodeId node) {
        return readLive(caller, namespace, node, (_, found) -> Answer.ok(Images.state(found)));
    }

    @Override
    public Answer<NodeState> byPath(Caller caller, NamespaceId namespace, String path) {
        List<String> names = new ArrayList<>();
        for (String name : (path.startsWith("/") ? path.substring(1) : path).split("/", -1)) {
            if (Names.valid(name)) {
                names.add(name);
            } else if (!name.isEmpty() || path.replace("/", "").length() > 0) {
                return Answer.refused(
                        ProblemCode.INVALID, "the path has an empty or an impossible name in it");
            }
        }
        if (names.size() > Limits.WALK_DEPTH_MAX) {
            return Answer.refused(ProblemCode.TOO_DEEP, "the path is too deep");
        }
        return read(caller, namespace, workspace -> walk(workspace, names));
    }

    private static Answer<NodeState> walk(Workspace workspace, List<String> names) {
        ByteString at = workspace.namespace();
        for (String name : names) {
            Optional<ByteString> child =
                    workspace.child(new Workspace.Slot(at, Names.nameKey(name)));
            if (child.isEmpty()) {
                return Answer.refused(ProblemCode.NOT_FOUND, "there is nothing at that path");
            }
            at = child.get();
        }
        return workspace
                .node(at)
                .map(node -> Answer.ok(Images.state(node)))
                .orElseGet(() -> Answer.refused(Tree.notFound()));
    }

    @Override
    public Answer<NodeList> children(
            Caller caller,
            NamespaceId namespace,
            NodeId node,
            ChildFilter filter,
            @Nullable String after,
            int limit) {
        @Nullable String fault = filter.fault();
        if (fault != null) {
            return Answer.refused(
                    ProblemCode.INVALID, "the prefix " + fault + "; no name begins with it");
        }
        return readLive(
                caller,
                namespace,
                node,
                (workspace, folder) ->
                        folder.getKind() != Kind.FOLDER
                                ? Answer.refused(ProblemCode.INVALID, "only a folder has children")
                                : page(
                                        workspace,
                                        names(folder, filter),
                                        after,
                                        limit,
                                        child -> Tuple.from(child.getLiveNameKey(0)),
                                        child -> filter.lists(Images.state(child).kind())));
    }

    private static Listed names(Node folder, ChildFilter filter) {
        Tuple prefix = RecordTransaction.parts(folder.getNs(), folder.getNode());
        return new Listed(Schema.NODE_CHILD, prefix, filter.names(prefix));
    }

    @Override
    public Answer<NodeList> trash(
            Caller caller, NamespaceId namespace, @Nullable String after, int limit) {
        return read(
                caller,
                namespace,
                workspace ->
                        page(
                                workspace,
                                Listed.all(Schema.NODE_TRASHED, workspace.namespace()),
                                after,
                                limit,
                                node ->
                                        RecordTransaction.parts(
                                                node.getTrashed(0).getAtMillis(),
                                                Schema.Type.NODE.key(),
                                                node.getNode()),
                                node -> true));
    }

    @Override
    public Answer<NodeList> conflicts(
            Caller caller, NamespaceId namespace, @Nullable String after, int limit) {
        return read(
                caller,
                namespace,
                workspace -> {
                    Tree tree = new Tree(workspace);
                    return page(
                            workspace,
                            Listed.all(Schema.NODE_CONFLICT, workspace.namespace()),
                            after,
                            limit,
                            node ->
                                    RecordTransaction.parts(
                                            node.getConflictOf(0),
                                            Schema.Type.NODE.key(),
                                            node.getNode()),
                            node -> tree.chain(node).fault() == null);
                });
    }

    /**
     * What a listing goes through.
     *
     * @param prefix what all keys of the range have in common
     */
    private record Listed(String index, Tuple prefix, TupleRange range) {
        static Listed all(String index, ByteString namespace) {
            Tuple prefix = RecordTransaction.parts(namespace);
            return new Listed(index, prefix, TupleRange.allOf(prefix));
        }

        /** What comes after the entry a token names; empty when that is none of the range. */
        Optional<TupleRange> after(Tuple token) {
            Tuple low = prefix.addAll(token);
            boolean inside =
                    low.compareTo(range.getLow()) >= 0
                            && (range.getHigh().equals(prefix)
                                    || low.compareTo(range.getHigh()) < 0);
            return inside
                    ? Optional.of(
                            new TupleRange(
                                    low,
                                    range.getHigh(),
                                    EndpointType.RANGE_EXCLUSIVE,
                                    range.getHighEndpoint()))
                    : Optional.empty();
        }
    }

    /** A page of nodes by an index, from after the entry the token names. */
    private static Answer<NodeList> page(
            Workspace workspace,
            Listed listing,
            @Nullable String after,
            int limit,
            Function<Node, Tuple> token,
            Predicate<Node> listed) {
        if (limit < 1 || limit > Limits.PAGE_ENTRIES_MAX) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "a page holds 1 to " + Limits.PAGE_ENTRIES_MAX + " entries");
        }
        TupleRange range = listing.range();
        if (after != null) {
            Optional<TupleRange> rest = token(after).flatMap(listing::after);
            if (rest.isEmpty()) {
                return Answer.refused(
                        ProblemCode.INVALID,
                        "`after` is the `next` of the page before, of the same listing");
            }
            range = rest.get();
        }
        List<Stored<Node>> found =
                workspace
                        .transaction()
                        .join(
                                workspace
                                        .transaction()
                                        .byIndex(
                                                Node.class,
                                                Schema.Type.NODE,
                                                listing.index(),
                                                range,
                                                RecordTransaction.forwardSnapshot(limit + 1)));
        List<Node> nodes = found.stream().limit(limit).map(Stored::record).toList();
        @Nullable String next =
                found.size() > limit
                        ? Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(token.apply(nodes.getLast()).pack())
                        : null;
        return Answer.ok(
                new NodeList(nodes.stream().filter(listed).map(Images::state).toList(), next));
    }

    private static Optional<Tuple> token(String text) {
        try {
            return Optional.of(Tuple.fromBytes(Base64.getUrlDecoder().decode(text)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public Answer<VersionList> versions(Caller caller, NamespaceId namespace, NodeId node) {
        return readLive(
                caller,
                namespace,
                node,
                (workspace, found) -> {
                    List<VersionList.Entry> entries = new ArrayList<>();
                    if (found.getKind() == Kind.FOLDER) {
                        return Answer.ok(new VersionList(entries));
                    }
                    entries.add(entry(contentOf(found)));
                    workspace.versions(found.getNode(), VERSIONS_MAX).stream()
                            .sorted(Comparator.comparingLong(Version::getContentRev).reversed())
                            .forEach(version -> entries.add(entry(version)));
                    return Answer.ok(new VersionList(entries));
                });
    }

    @Override
    public Answer<VersionList.Entry> versionAt(
            Caller caller, NamespaceId namespace, NodeId node, long atMillis) {
        return readLive(
                caller,
                namespace,
                node,
                (workspace, found) -> {
                    if (found.getKind() == Kind.FOLDER) {
                        return Answer.refused(ProblemCode.INVALID, "a folder has no versions");
                    }
                    Version current = contentOf(found);
                    if (current.getCreatedAtMillis() <= atMillis) {
                        return Answer.ok(entry(current));
                    }
                    return workspace.versions(found.getNode(), VERSIONS_MAX).stream()
                            .filter(v -> v.getCreatedAtMillis() <= atMillis)
                            .max(Comparator.comparingLong(Version::getContentRev))
                            .map(version -> Answer.ok(entry(version)))
                            .orElseGet(() ->
                                    Answer.refused(
                                            ProblemCode.NOT_FOUND,
                                            "it did not exist then, or no version of that time"
                                                    + " is kept"));
                });
    }

    /** The current content of a node in the shape of a version. */
    private static Version contentOf(Node node) {
        Version.Builder version =
                Version.newBuilder()
                        .setNode(node.getNode())
                        .setContentRev(node.getContentRev())
                        .setSize(node.getSize())
                        .setChunkCount(node.getChunkCount())
                        .setMtimeNanos(node.getMtimeNanos())
                        .setTarget(node.getTarget())
                        .setCreatedAtMillis(node.getContentAtMillis())
                        .setDevice(node.getContentBy());
        if (node.hasContent()) {
            version.setContent(node.getContent()).setContentHash(node.getContentHash());
        }
        return version.build();
    }

    /** A symlink's version has the hash and the length of its target. */
    private static VersionList.Entry entry(Version version) {
        byte[] target = version.getTarget().getBytes(StandardCharsets.UTF_8);
        return new VersionList.Entry(
                version.getContentRev(),
                version.hasContent() ? version.getSize() : target.length,
                version.getChunkCount(),
                version.hasContentHash()
                        ? Bytes.hash(version.getContentHash())
                        : Sha256.hash(target),
                version.getMtimeNanos(),
                version.getCreatedAtMillis(),
                version.getDevice().isEmpty() ? null : Bytes.device(version.getDevice()));
    }

    @Override
    public Answer<Manifest> manifest(
            Caller caller,
            NamespaceId namespace,
            NodeId node,
            @Nullable Long contentRev,
            int from,
            int limit) {
        if (limit < 1 || limit > Limits.PAGE_ENTRIES_MAX || from < 0) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "a page holds 1 to "
                            + Limits.PAGE_ENTRIES_MAX
                            + " entries and begins at 0 or more");
        }
        return readLive(
                caller,
                namespace,
                node,
                (workspace, found) -> {
                    long rev = contentRev == null ? found.getContentRev() : contentRev;
                    Optional<Version> version = version(workspace, found, rev);
                    if (version.isEmpty() || !version.get().hasContent()) {
                        return Answer.refused(ProblemCode.NOT_FOUND, "there is no such version");
                    }
                    Owner owner = workspace.owner(version.get().getContent()).orElseThrow();
                    int end = Math.min(owner.getChunkCount(), from + limit);
                    return Answer.ok(
                            new Manifest(
                                    node,
                                    rev,
                                    owner.getLength(),
                                    owner.getChunkCount(),
                                    Bytes.hash(owner.getContentHash()),
                                    CHUNKER,
                                    from,
                                    Owners.chunks(workspace.transaction(), owner, from, limit),
                                    end < owner.getChunkCount() ? end : null));
                });
    }

    static Optional<Version> version(Workspace workspace, Node node, long contentRev) {
        return node.getContentRev() == contentRev
                ? Optional.of(contentOf(node))
                : workspace.version(node.getNode(), contentRev);
    }

    @Override
    public Answer<List<Answer<ChunkToRead>>> chunks(
            Caller caller, NamespaceId namespace, List<ChunkReadRequest.Address> addresses) {
        if (addresses.size() > Limits.READ_CHUNKS_MAX) {
            return Answer.refused(
                    ProblemCode.INVALID, "at most " + Limits.READ_CHUNKS_MAX + " chunks at once");
        }
        return read(
                caller,
                namespace,
                workspace -> Answer.ok(new ChunkAddresses(workspace).resolve(addresses)));
    }
}
