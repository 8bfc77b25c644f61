package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.PastTree.Attributes;
import dev.holdfast.metadata.PastTree.Past;
import dev.holdfast.metadata.PastTree.Where;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.Place;
import dev.holdfast.model.wire.RewindAction;
import dev.holdfast.model.wire.RewindStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a rewind of a folder does to a node: the difference between the tree as it was and
 * as it is in this transaction. Plan and job decide alike; a job that runs its plan again and finds
 * nothing to do is finished.
 */
final class RewindView {
    private final Workspace workspace;
    private final Tree tree;
    private final PastTree past;
    private final ByteString folder;

    RewindView(Workspace workspace, PastTree past, ByteString folder) {
        this.workspace = workspace;
        this.tree = new Tree(workspace);
        this.past = past;
        this.folder = folder;
    }

    /** What is to be done about a node. */
    sealed interface Decision {
        /** It is as it was, or is none of the folder's business. */
        record Keep() implements Decision {}

        /**
         * It gets back what it had.
         *
         * @param place its place is another now, or it is in the trash
         * @param version the content it had, where it has another one now
         */
        record Back(
                Node node,
                Past then,
                boolean place,
                Optional<Version> version,
                boolean attributes,
                String path)
                implements Decision {}

        /** It was not there. */
        record Trash(Node node, String path) implements Decision {}

        /** It was there and cannot come back. */
        record Lost(RewindStep step) implements Decision {}
    }

    Decision decide(ByteString id) {
        Optional<Node> row = workspace.row(id);
        if (id.equals(folder) || row.isEmpty()) {
            return new Decision.Keep();
        }
        Node node = row.get();
        boolean exists = !node.getPurged() && !node.getPurging();
        Optional<Where> where = past.where(id, folder);
        if (where.isPresent() && where.get().inside()) {
            return exists ? back(node, where.get()) : lost(node, where.get(), null);
        }
        if (!exists || !isInside(node)) {
            return new Decision.Keep();
        }
        return away(node, where);
    }

    private Decision back(Node node, Where where) {
        Past then = past.node(node.getNode()).orElseThrow();
        boolean place =
                node.getTrashedCount() > 0
                        || !node.getParent().equals(then.parent())
                        || !node.getName().equals(then.name());
        Optional<Version> version = Optional.empty();
        if (then.contentRev() != node.getContentRev()) {
            Optional<Version> kept = workspace.version(node.getNode(), then.contentRev());
            if (kept.isEmpty()) {
                return place
                        ? new Decision.Back(node, then, true, kept, false, where.path())
                        : lost(node, where, then);
            }
            version = kept.filter(v -> !hasContentOf(node, v));
        }
        @Nullable Attributes attributes = then.attributes();
        boolean differ =
                attributes != null
                        && (attributes.mtimeNanos() != node.getMtimeNanos()
                                || attributes.executable() != node.getExecutable());
        return place || version.isPresent() || differ
                ? new Decision.Back(node, then, place, version, differ, where.path())
                : new Decision.Keep();
    }

    private static boolean hasContentOf(Node node, Version version) {
        return version.hasContent()
                ? version.getContent().equals(node.getContent())
                : version.getTarget().equals(node.getTarget());
    }

    /** What came into the folder since: back to where it was, or else into the trash. */
    private Decision away(Node node, Optional<Where> where) {
        if (where.isPresent()) {
            Past then = past.node(node.getNode()).orElseThrow();
            Optional<Node> parent =
                    then.parent() == null ? Optional.empty() : workspace.node(then.parent());
            boolean open =
                    tree.folderFault(parent) == null
                            && !tree.isWithin(parent.orElseThrow(), node.getNode())
                            && !tree.isWithin(parent.orElseThrow(), folder);
            if (open) {
                return new Decision.Back(
                        node, then, true, Optional.empty(), false, where.get().path());
            }
        }
        return isTop(node) ? new Decision.Trash(node, pathOf(node)) : new Decision.Keep();
    }

    /** Whether what it lies in stays: else it goes where that goes. */
    private boolean isTop(Node node) {
        ByteString parent = node.getParent();
        return parent.equals(folder)
                || past.where(parent, folder).filter(Where::inside).isPresent();
    }

    /** Whether it is live and below the folder now. */
    private boolean isInside(Node node) {
        Tree.Chain chain = tree.chain(node);
        return chain.fault() == null && chain.contains(folder);
    }

    private String pathOf(Node node) {
        List<String> names = new ArrayList<>();
        for (Node at : tree.chain(node).nodes()) {
            if (at.hasParent()) {
                names.addFirst(at.getName());
            }
        }
        return "/" + String.join("/", names);
    }

    private static Decision lost(Node node, Where where, @Nullable Past then) {
        return new Decision.Lost(
                new RewindStep(
                        Bytes.node(node.getNode()),
                        where.path(),
                        kind(node),
                        List.of(RewindAction.LOST),
                        null,
                        then == null ? null : then.contentRev()));
    }

    private static NodeKind kind(Node node) {
        return NodeKind.valueOf(node.getKind().name());
    }

    /** The decision as people see it; empty for nothing. */
    static Optional<RewindStep> step(Decision decision) {
        return switch (decision) {
            case Decision.Keep() -> Optional.empty();
            case Decision.Lost(var step) -> Optional.of(step);
            case Decision.Trash(var node, var path) ->
                    Optional.of(
                            new RewindStep(
                                    Bytes.node(node.getNode()),
                                    path,
                                    kind(node),
                                    List.of(RewindAction.TRASH),
                                    null,
                                    null));
            case Decision.Back back -> Optional.of(step(back));
        };
    }

    private static RewindStep step(Decision.Back back) {
        List<RewindAction> actions = new ArrayList<>();
        if (back.place()) {
            boolean trashed = back.node().getTrashedCount() > 0;
            actions.add(trashed ? RewindAction.RESTORE : RewindAction.MOVE);
        }
        if (back.version().isPresent()) {
            actions.add(RewindAction.CONTENT);
        }
        if (back.attributes()) {
            actions.add(RewindAction.ATTRIBUTES);
        }
        @Nullable ByteString parent = back.then().parent();
        return new RewindStep(
                Bytes.node(back.node().getNode()),
                back.path(),
                kind(back.node()),
                actions,
                back.place() && parent != null
                        ? new Place(Bytes.node(parent), back.then().name())
                        : null,
                back.version().map(Version::getContentRev).orElse(null));
    }
}
