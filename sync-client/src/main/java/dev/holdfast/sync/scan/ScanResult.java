package dev.holdfast.sync.scan;

import dev.holdfast.model.NodeId;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a scan found besides the tree.
 *
 * @param folders paths of all folders that were read
 * @param problems by path: what cannot be synced, and why
 * @param elsewhere folders that were to be read and did not stand at their paths: by now the tree
 *     may know where they are
 */
public record ScanResult(
        List<String> folders, Map<String, String> problems, Set<NodeId> elsewhere) {
    public ScanResult {
        elsewhere = Set.copyOf(elsewhere);
        folders = List.copyOf(folders);
        problems = Map.copyOf(problems);
    }
}
