package dev.holdfast.sync.engine;

import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.disk.PlatformRules;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.Trees;
import org.jspecify.annotations.Nullable;

/** Whether this device's disk can hold a name beside those that are there. */
final class NameRules {
    private static final String WHAT_TO_DO =
            "; it stays on the server and on other devices. Rename it there to have it here";

    private final PlatformRules rules;
    private final Trees trees;

    NameRules(PlatformRules rules, Trees trees) {
        this.rules = rules;
        this.trees = trees;
    }

    /** Why the node cannot stand there, in words for a person; null when it can. */
    @Nullable String fault(NodeId node, NodeId parent, String name) {
        String invalid = Names.fault(name);
        if (invalid != null) {
            // What a sound server never has: taken as it is, such a name could lead anywhere.
            return "its name, as the server has it, " + invalid + "; it is left out";
        }
        String folder = trees.local().path(parent);
        String path = folder == null || folder.isEmpty() ? name : folder + '/' + name;
        String fault = rules.fault(path);
        if (fault == null && rules.same(FolderDisk.OWN_FOLDER, path)) {
            fault = "the client keeps its own files under that name";
        }
        if (fault == null && rules.foldsCase()) {
            for (LocalNode sibling : trees.local().children(parent)) {
                if (!sibling.node().equals(node)
                        && !sibling.name().equals(name)
                        && rules.same(sibling.name(), name)) {
                    fault =
                            "this device takes its name and \""
                                    + sibling.name()
                                    + "\" beside it for one";
                }
            }
        }
        return fault == null ? null : fault + WHAT_TO_DO;
    }
}
