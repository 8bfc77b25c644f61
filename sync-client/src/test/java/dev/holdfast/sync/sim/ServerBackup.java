package dev.holdfast.sync.sim;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpResult;
import java.util.List;
import java.util.Map;

/** Everything a {@link ModelServer} holds. */
record ServerBackup(
        Map<NodeId, NodeState> nodes,
        Map<NodeId, Map<Long, List<ChunkRef>>> versions,
        List<ModelServer.Logged> log,
        Map<ModelServer.OpKey, OpResult> results,
        Map<ContentId, List<ChunkRef>> contents,
        Map<Sha256, byte[]> chunks,
        Map<DeviceId, Long> lowest) {}
