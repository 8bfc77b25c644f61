package dev.holdfast.metadata.jobs;

import dev.holdfast.model.Id128;

/** The job is not this holder's any more: it was taken over, or ended by somebody else. */
public final class JobLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JobLostException(Id128 job) {
        super("job " + job + " is another worker's now, or has ended");
    }
}
