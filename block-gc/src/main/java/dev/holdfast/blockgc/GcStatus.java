package dev.holdfast.blockgc;

import dev.holdfast.metadata.Census;
import dev.holdfast.metadata.GcJobs;
import dev.holdfast.metadata.WorkLeases;
import java.util.List;

/**
 * How the collection stands, cell-wide.
 *
 * @param jobs that are remembered, newest first
 * @param lastSuccessMillis when a run of this worker last ended well; 0 before the first
 */
public record GcStatus(
        Census census,
        List<WorkLeases.Held> leases,
        List<GcJobs.Job> jobs,
        long lastSuccessMillis) {}
