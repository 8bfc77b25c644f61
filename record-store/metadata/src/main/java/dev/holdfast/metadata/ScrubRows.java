package dev.holdfast.metadata;

import dev.holdfast.model.PackId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * When each sealed pack was last read and checked, and what is known about the machines that hold
 * it. Lists are read at snapshot; writes may be repeated, and those under a lease throw {@link
 * LeaseLostException} without effect when the work was taken over.
 */
public interface ScrubRows {
    /** Packs are spread over this many shards, by the first bits of their id. */
    int SHARDS = 16;

    /** As the trouble of a pack: a user's read of it went wrong, and it is not scrubbed since. */
    String DOUBTFUL = "doubtful";

    /** The shard of a pack: packs of a shard are neighbours when sorted by id. */
    static int shard(PackId pack) {
        return (pack.id().toBytes()[0] & 0xff) / (256 / SHARDS);
    }

    /**
     * A pack's place in the scrub.
     *
     * @param verifiedAtMillis when its chunks were last read; of a pack never read, when it was
     *     sealed
     * @param dueAtMillis when to read it next
     * @param round times it was read
     * @param length bytes of its records
     * @param trouble causes that the last reading left unrepaired
     */
    record ScrubPack(
            PackId pack,
            long verifiedAtMillis,
            long dueAtMillis,
            int round,
            long length,
            Set<String> trouble) {}

    /**
     * How far a shard is.
     *
     * @param startedAtMillis of this cycle: packs verified before are still to be read
     * @param lastCycleMillis how long the cycle before took; 0 before the first is complete
     */
    record ShardProgress(
            int shard,
            long cycle,
            long startedAtMillis,
            long doneBytes,
            long totalBytes,
            long lastCycleMillis) {}

    /**
     * A DataNode that held replicas.
     *
     * @param faults found on it since {@code budgetSinceMillis}
     */
    record NodeSeen(
            String node, String name, long seenAtMillis, long budgetSinceMillis, long faults) {}

    /**
     * Adds those of the sealed packs that are not known yet; they are due at once.
     *
     * @return how many were added
     */
    int enroll(List<PackView> sealed);

    /** Packs of a shard that are due by then, the most urgent first. */
    List<ScrubPack> due(int shard, long dueByMillis, int limit);

    /** Packs of a shard that were verified before, the longest ago first. */
    List<ScrubPack> unverified(int shard, long beforeMillis, int limit);

    /**
     * Makes a pack due at once, with every replica of it: a read of it went wrong. Without effect
     * on a pack that the scrub does not know yet, which is due anyway.
     */
    void urge(PackId pack);

    /** The pack of a shard that was not read for longest. */
    Optional<ScrubPack> oldest(int shard);

    Optional<ScrubPack> pack(PackId pack);

    /**
     * Records that a pack was read, or that it could not be.
     *
     * @param verifiedAtMillis when the reading began; as before when it came to nothing
     * @param trouble what is left unrepaired, by cause
     */
    void verified(
            WorkLease lease,
            PackId pack,
            long verifiedAtMillis,
            long dueAtMillis,
            boolean nextRound,
            Set<String> trouble);

    /** Strikes off a pack that is gone. */
    void forget(WorkLease lease, PackId pack);

    Optional<ShardProgress> shard(int shard);

    void progress(WorkLease lease, ShardProgress progress);

    /** Bytes of the packs of a shard. */
    long bytes(int shard);

    /** Packs left with something unrepaired, per cause; each count stops at 10,000. */
    Map<String, Long> trouble();

    /** DataNodes that were seen, at most 10,000. */
    List<NodeSeen> nodes();

    /** DataNodes that answer now, by id and name. */
    void seen(Map<String, String> nodes);

    /**
     * Counts faults of a DataNode; the count begins anew when it is older than the window.
     *
     * @return faults within the window
     */
    long fault(String node, String name, long faults, Duration window);
}
