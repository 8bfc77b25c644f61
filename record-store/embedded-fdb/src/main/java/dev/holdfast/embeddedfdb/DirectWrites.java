package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.Mutation;
import dev.holdfast.embeddedfdb.engine.MutationKind;
import java.util.ArrayList;
import java.util.List;

/** The writes of a transaction that does not read its own, in the order they were made. */
final class DirectWrites {
    private final List<Mutation> mutations = new ArrayList<>();

    void add(MutationKind kind, byte[] key, byte[] parameter) {
        mutations.add(new Mutation(kind, key, parameter));
    }

    List<Mutation> mutations() {
        return mutations;
    }
}
