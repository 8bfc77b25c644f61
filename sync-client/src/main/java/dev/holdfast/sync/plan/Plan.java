package dev.holdfast.sync.plan;

import dev.holdfast.model.NodeId;
import java.util.List;
import java.util.Map;

/**
 * What is to be done next. Where {@code treeSteps} is not empty, they alone are carried out and the
 * rest is planned anew. Remote and local steps are in an order in which each is possible.
 *
 * @param held why nothing is done about a node that is not in step, in words for a person
 */
public record Plan(
        List<Action.TreeStep> treeSteps,
        List<Action.HashFile> hashes,
        List<Action.RemoteStep> remoteSteps,
        List<Action.Upload> uploads,
        List<Action.LocalStep> localSteps,
        List<Action.Download> downloads,
        Map<NodeId, String> held) {
    public Plan {
        treeSteps = List.copyOf(treeSteps);
        hashes = List.copyOf(hashes);
        remoteSteps = List.copyOf(remoteSteps);
        uploads = List.copyOf(uploads);
        localSteps = List.copyOf(localSteps);
        downloads = List.copyOf(downloads);
        held = Map.copyOf(held);
    }

    public boolean isEmpty() {
        return treeSteps.isEmpty() && size() == 0;
    }

    /** Actions other than tree steps. */
    public int size() {
        return hashes.size()
                + remoteSteps.size()
                + uploads.size()
                + localSteps.size()
                + downloads.size();
    }
}
