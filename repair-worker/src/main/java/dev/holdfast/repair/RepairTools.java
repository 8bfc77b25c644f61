package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.RepairStore;
import java.time.InstantSource;

/**
 * What all of repair works with. Whoever made it closes the replicas.
 *
 * @param store leases, packs, losses and jobs
 * @param repair the scrub's own rows, and those that repair mends
 */
public record RepairTools(
        CollectionStore store,
        RepairStore repair,
        ChunkRows chunks,
        PackReplicas replicas,
        InstantSource clock,
        RepairConfig config) {}
