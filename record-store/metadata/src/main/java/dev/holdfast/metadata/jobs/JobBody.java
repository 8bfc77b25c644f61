package dev.holdfast.metadata.jobs;

import org.jspecify.annotations.Nullable;

/** The work of one kind of job. */
public interface JobBody {
    /**
     * Does the job, from its cursor on, and calls {@link JobRun#goOn} between any two steps. What
     * that throws is to be let through; any other exception fails the job with its message.
     *
     * @return what came out, a JSON object; null for nothing
     */
    @Nullable String run(JobRun run) throws Exception;
}
