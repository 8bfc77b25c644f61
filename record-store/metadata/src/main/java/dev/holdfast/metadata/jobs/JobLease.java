package dev.holdfast.metadata.jobs;

import dev.holdfast.model.Id128;

/**
 * The right to work on a job.
 *
 * @param epoch of the job when it was taken; another one now, and the right is gone
 */
public record JobLease(Id128 job, long epoch) {}
