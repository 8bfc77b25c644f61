package dev.holdfast.sync.past;

import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.sync.server.PastServer;
import dev.holdfast.sync.server.RefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What lies in the trash, with the paths it had. */
public final class Trash {
    /** More than these are not looked through: the oldest are left out by none but huge trashes. */
    private static final int PAGES_MAX = 1_000;

    /**
     * Something trashed by itself, and not only with its folder.
     *
     * @param path the path it had; null when its folder cannot be told any more
     */
    public record Item(NodeState node, @Nullable String path) {}

    private final PastServer server;
    private final NamespaceId namespace;
    private final Map<NodeId, NodeState> trashed = new LinkedHashMap<>();
    private final Map<NodeId, Optional<String>> folders = new HashMap<>();

    private Trash(PastServer server, NamespaceId namespace) {
        this.server = server;
        this.namespace = namespace;
        folders.put(NodeId.rootOf(namespace), Optional.of(""));
    }

    /** Reads the whole trash, what was trashed last at the end. */
    public static List<Item> list(PastServer server, NamespaceId namespace) throws IOException {
        Trash trash = new Trash(server, namespace);
        String after = null;
        for (int page = 0; page < PAGES_MAX && (page == 0 || after != null); page++) {
            NodeList list = server.trash(namespace, after);
            list.nodes().forEach(node -> trash.trashed.put(node.node(), node));
            after = list.next();
        }
        List<Item> items = new ArrayList<>();
        for (NodeState node : trash.trashed.values()) {
            items.add(new Item(node, trash.path(node, 0).orElse(null)));
        }
        return items;
    }

    /** The one that had the path and was trashed last; null when there is none. */
    public static @Nullable Item last(List<Item> items, String path) {
        Item found = null;
        for (Item item : items) {
            found = path.equals(item.path) ? item : found;
        }
        return found;
    }

    /** The one of that name whose folder is not known any more, if there is exactly one. */
    static @Nullable Item lastNamed(List<Item> items, String name) {
        List<Item> found =
                items.stream()
                        .filter(item -> item.path == null && item.node.name().equals(name))
                        .toList();
        return found.size() == 1 ? found.getFirst() : null;
    }

    /** The trashed folder in which the path lay; null when there is none. */
    static @Nullable Item above(List<Item> items, String path) {
        Item found = null;
        for (Item item : items) {
            boolean holds =
                    item.path != null
                            && item.node.kind() == NodeKind.FOLDER
                            && path.startsWith(item.path + "/");
            found = holds ? item : found;
        }
        return found;
    }

    private Optional<String> path(NodeState node, int depth) throws IOException {
        NodeId parent = node.parent();
        Optional<String> folder =
                parent == null || depth > Limits.WALK_DEPTH_MAX
                        ? Optional.empty()
                        : folder(parent, depth + 1);
        return folder.map(above -> above.isEmpty() ? node.name() : above + "/" + node.name());
    }

    private Optional<String> folder(NodeId folder, int depth) throws IOException {
        Optional<String> known = folders.get(folder);
        if (known != null) {
            return known;
        }
        NodeState in = trashed.get(folder);
        Optional<String> found = Optional.empty();
        try {
            found = path(in == null ? server.node(namespace, folder) : in, depth);
        } catch (RefusedException e) {
            if (e.code() != ProblemCode.NOT_FOUND && e.code() != ProblemCode.GONE) {
                throw e;
            }
        }
        folders.put(folder, found);
        return found;
    }
}
