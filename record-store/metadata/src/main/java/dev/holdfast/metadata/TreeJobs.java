package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.TreeJobState;
import java.util.List;
import java.util.Optional;

/**
 * Work on namespaces that takes many transactions: purges, drops, rewinds, sweeps. A job goes on
 * where it was after any crash; finished ones are remembered for a week.
 */
public interface TreeJobs {
    /** What somebody wants of a job. */
    enum Wish {
        PAUSE,
        RESUME,
        /** Rewinds only: what they did stays done. Purges and drops have promised to finish. */
        CANCEL
    }

    /** A job of a namespace, for its members. */
    Answer<TreeJobState> get(Caller caller, NamespaceId namespace, Id128 job);

    /** For editors of the namespace, on rewinds. */
    Answer<TreeJobState> wish(Caller caller, NamespaceId namespace, Id128 job, Wish wish);

    /** For an operator: all that are remembered, by id. */
    List<TreeJobState> list(int limit);

    Optional<TreeJobState> get(Id128 job);

    /** For an operator. Refused with {@code conflict} where the kind or the state forbids it. */
    Answer<TreeJobState> wish(Id128 job, Wish wish);
}
