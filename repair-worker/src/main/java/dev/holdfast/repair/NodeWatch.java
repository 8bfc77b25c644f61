package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.chunkstore.PackReplicas.Located;
import dev.holdfast.metadata.ScrubRows;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * Tells an absence from an answer that is still out. A copy is definitely gone only when everybody
 * who may have one was asked: a DataNode that is down may come back with the only good bytes there
 * are, and a NameNode that was restarted without it does not even know that it is missing. So the
 * DataNodes that were ever seen are remembered, and one that is away is waited for.
 */
final class NodeWatch {
    private final PackReplicas replicas;
    private final ScrubRows rows;
    private final InstantSource clock;
    private final RepairConfig config;

    NodeWatch(PackReplicas replicas, ScrubRows rows, InstantSource clock, RepairConfig config) {
        this.replicas = replicas;
        this.rows = rows;
        this.clock = clock;
        this.config = config;
    }

    /** Remembers who is up; to be called now and then. */
    void look() throws IOException {
        rows.seen(replicas.dataNodes());
    }

    /** Why more copies of the pack may exist than HDFS names; empty when it names all. */
    Optional<String> mayHaveMore(Located located) throws IOException {
        if (located.replicas().size() >= located.wanted()) {
            return Optional.empty();
        }
        Map<String, String> up = replicas.dataNodes();
        long since = clock.millis() - config.nodeGone().toMillis();
        for (ScrubRows.NodeSeen node : rows.nodes()) {
            if (!up.containsKey(node.node()) && node.seenAtMillis() >= since) {
                return Optional.of(
                        "DataNode "
                                + node.name()
                                + " is down and may hold a copy; start it, or wait until it has"
                                + " been away for "
                                + config.nodeGone().toDays()
                                + " days");
            }
        }
        return Optional.empty();
    }
}
