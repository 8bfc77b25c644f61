/**
 * Long work in the background, shared by any number of workers on any number of machines.
 *
 * <p>Purpose: {@link dev.holdfast.metadata.jobs.BackgroundJobs} keeps what was asked, how far it
 * is, what was found and how it ended; {@link dev.holdfast.metadata.jobs.JobLoop} takes jobs of one
 * kind and runs them; {@link dev.holdfast.metadata.jobs.JobRun} is what the work sees of its job.
 *
 * <p>Invariants: one holder each; whoever lost a job can write nothing to it any more, because
 * every write checks the job's epoch; progress, cursor and findings are saved in one transaction,
 * so that whoever takes over goes on exactly there; nothing here decides what is safe to delete.
 *
 * <p>May use: model.
 */
@NullMarked
package dev.holdfast.metadata.jobs;

import org.jspecify.annotations.NullMarked;
