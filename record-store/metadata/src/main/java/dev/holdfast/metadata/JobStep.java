package dev.holdfast.metadata;

import dev.holdfast.metadata.schema.MetadataRecords.Job;

/**
 * What one transaction of a job came to.
 *
 * @param next the job as it is then: its cursor, its counts
 * @param finished nothing is left to do
 */
record JobStep(Job next, boolean finished) {
    static JobStep of(Job job, int items, boolean finished) {
        return new JobStep(
                job.toBuilder().setDoneItems(job.getDoneItems() + items).build(), finished);
    }
}
