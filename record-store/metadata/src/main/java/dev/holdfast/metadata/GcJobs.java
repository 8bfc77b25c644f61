package dev.holdfast.metadata;

import dev.holdfast.model.Id128;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs of the collection, kept for whoever asks, on any machine. */
public interface GcJobs {
    /** How far a run is. */
    enum State {
        RUNNING,
        PAUSED,
        DONE,
        /** It stopped at an error or a guard; the problem says which. */
        FAILED,
        CANCELLED
    }

    /** What somebody wants of a run. */
    enum Wish {
        GO_ON,
        PAUSE,
        CANCEL
    }

    /**
     * A run.
     *
     * @param request what was asked, as text
     * @param counts what it did, by name
     * @param problem why it stopped, where it failed
     */
    record Job(
            Id128 id,
            State state,
            String request,
            String holder,
            long startedAtMillis,
            long heartbeatAtMillis,
            long finishedAtMillis,
            Map<String, Long> counts,
            @Nullable String problem,
            Wish wish) {}

    /** Records a run that begins. Of runs long finished, the oldest are forgotten. */
    Id128 start(String request, String holder);

    /** Says that the run is alive, how far it is, and asks what it should do. */
    Wish heartbeat(Id128 job, State state, Map<String, Long> counts);

    void finish(Id128 job, State state, Map<String, Long> counts, @Nullable String problem);

    /** Tells a run that is not finished; false when there is none. */
    boolean wish(Id128 job, Wish wish);

    Optional<Job> get(Id128 job);

    /** The runs that are remembered, newest first. */
    List<Job> list();
}
