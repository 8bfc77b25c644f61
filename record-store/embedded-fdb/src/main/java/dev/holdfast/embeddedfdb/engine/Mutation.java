package dev.holdfast.embeddedfdb.engine;

/**
 * One write of a commit. For {@link MutationKind#CLEAR_RANGE} the parameter is the range's end; for
 * the others it is the value or operand. The arrays are never changed after construction.
 */
public final class Mutation {
    private final MutationKind kind;
    private final byte[] key;
    private final byte[] parameter;

    public Mutation(MutationKind kind, byte[] key, byte[] parameter) {
        this.kind = kind;
        this.key = key;
        this.parameter = parameter;
    }

    public MutationKind kind() {
        return kind;
    }

    public byte[] key() {
        return key;
    }

    public byte[] parameter() {
        return parameter;
    }

    int size() {
        return key.length + parameter.length;
    }
}
