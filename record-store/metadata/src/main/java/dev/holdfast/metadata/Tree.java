package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Questions about where nodes hang. Every answer rests on serializable reads of all ancestors:
 * whoever trashes or moves one of them conflicts with whoever asked.
 */
final class Tree {
    private final Workspace workspace;

    Tree(Workspace workspace) {
        this.workspace = workspace;
    }

    /**
     * A node and what is above it.
     *
     * @param nodes from the node itself up to the root; shorter when {@code fault} is set
     * @param fault why the node is not live, or not reachable
     */
    record Chain(List<Node> nodes, @Nullable Refusal fault) {
        boolean contains(ByteString id) {
            return nodes.stream().anyMatch(n -> n.getNode().equals(id));
        }

        /** 0 for the root. */
        int depth() {
            return nodes.size() - 1;
        }
    }

    /** Walks up from a node to the root, or to the first thing that is wrong. */
    Chain chain(Node node) {
        List<Node> nodes = new ArrayList<>();
        Node at = node;
        while (true) {
            nodes.add(at);
            if (at.getTrashedCount() > 0 || at.getPurging()) {
                return new Chain(nodes, gone(at, node));
            }
            if (!at.hasParent()) {
                return new Chain(nodes, null);
            }
            if (nodes.size() > Limits.WALK_DEPTH_MAX) {
                return new Chain(
                        nodes,
                        Refusal.of(
                                ProblemCode.TOO_DEEP,
                                "the node lies deeper than " + Limits.WALK_DEPTH_MAX + " folders"));
            }
            Optional<Node> parent = workspace.node(at.getParent());
            if (parent.isEmpty()) {
                return new Chain(nodes, gone(at, node));
            }
            at = parent.get();
        }
    }

    private static Refusal gone(Node at, Node asked) {
        String what =
                at.getNode().equals(asked.getNode())
                        ? "it is in the trash; restore it first"
                        : "a folder above it is in the trash; restore that folder first";
        return new Refusal(ProblemCode.GONE, what, Images.state(asked));
    }

    /** Why the node does not exist or is not live; null when it is live. */
    @Nullable Refusal fault(Optional<Node> node) {
        return node.isEmpty() ? notFound() : chain(node.get()).fault();
    }

    static Refusal notFound() {
        return Refusal.of(ProblemCode.NOT_FOUND, "there is no such node in this namespace");
    }

    /** Why nothing can be put into the folder; null when something can. */
    @Nullable Refusal folderFault(Optional<Node> folder) {
        if (folder.isEmpty()) {
            return Refusal.of(ProblemCode.NOT_FOUND, "there is no such folder in this namespace");
        }
        if (folder.get().getKind() != Kind.FOLDER) {
            return new Refusal(
                    ProblemCode.INVALID, "the parent is not a folder", Images.state(folder.get()));
        }
        Chain chain = chain(folder.get());
        if (chain.fault() != null) {
            return chain.fault();
        }
        return chain.depth() + 1 > Limits.DEPTH_MAX
                ? Refusal.of(
                        ProblemCode.TOO_DEEP,
                        "folders nest at most " + Limits.DEPTH_MAX + " deep; choose another place")
                : null;
    }

    /** Whether the node hangs, at any depth, below the folder; true for the folder itself. */
    boolean isWithin(Node node, ByteString folder) {
        Node at = node;
        for (int i = 0; i <= Limits.WALK_DEPTH_MAX; i++) {
            if (at.getNode().equals(folder)) {
                return true;
            }
            Optional<Node> parent =
                    at.hasParent() ? workspace.node(at.getParent()) : Optional.empty();
            if (parent.isEmpty()) {
                return false;
            }
            at = parent.get();
        }
        return false;
    }
}
