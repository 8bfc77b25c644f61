package dev.holdfast.metadata.jobs;

/** Thrown to the work of a job that has to stop between two steps: not a failure. */
public final class JobStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Why why;

    /** What is to become of the job. */
    public enum Why {
        PAUSED,
        CANCELLED,
        /** The worker ends; the job goes back to the queue. */
        WORKER_ENDS
    }

    public JobStoppedException(Why why) {
        super("the job stops: " + why);
        this.why = why;
    }

    public Why why() {
        return why;
    }
}
