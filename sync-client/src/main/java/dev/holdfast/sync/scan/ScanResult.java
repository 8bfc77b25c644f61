package dev.holdfast.sync.scan;

import java.util.List;
import java.util.Map;

/**
 * What a scan found besides the tree.
 *
 * @param folders paths of all folders that were read
 * @param problems by path: what cannot be synced, and why
 */
public record ScanResult(List<String> folders, Map<String, String> problems) {
    public ScanResult {
        folders = List.copyOf(folders);
        problems = Map.copyOf(problems);
    }
}
