package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas.Replica;
import java.util.Arrays;
import java.util.List;

/**
 * What a reading of one whole replica found.
 *
 * @param states one for each row of the pack, in their order
 * @param deadBytes damage where no chunk lies, for a person; empty when there is none
 * @param whollyAbsent the DataNode has nothing of the replica
 */
record ReplicaLook(
        Replica replica, List<CopyState> states, String deadBytes, boolean whollyAbsent) {
    ReplicaLook {
        states = List.copyOf(states);
    }

    static ReplicaLook all(Replica replica, int rows, CopyState state, boolean whollyAbsent) {
        CopyState[] states = new CopyState[rows];
        Arrays.fill(states, state);
        return new ReplicaLook(replica, List.of(states), "", whollyAbsent);
    }

    boolean clean() {
        return deadBytes.isEmpty()
                && states.stream().allMatch(state -> state instanceof CopyState.Good);
    }

    boolean faulty() {
        return !deadBytes.isEmpty() || states.stream().anyMatch(CopyState::faulty);
    }

    boolean unavailable() {
        return states.stream().anyMatch(state -> state instanceof CopyState.Unavailable);
    }
}
