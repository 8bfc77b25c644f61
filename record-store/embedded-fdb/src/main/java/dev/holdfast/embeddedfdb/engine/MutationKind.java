package dev.holdfast.embeddedfdb.engine;

import org.jspecify.annotations.Nullable;

/** The mutations a commit carries, with the binding's codes. */
public enum MutationKind {
    SET(0, false),
    CLEAR_RANGE(1, false),
    ADD(2, true),
    AND(6, true),
    OR(7, true),
    XOR(8, true),
    APPEND_IF_FITS(9, true),
    MAX(12, true),
    MIN(13, true),
    SET_VERSIONSTAMPED_KEY(14, true),
    SET_VERSIONSTAMPED_VALUE(15, true),
    BYTE_MIN(16, true),
    BYTE_MAX(17, true),
    COMPARE_AND_CLEAR(20, true);

    private static final @Nullable MutationKind[] BY_CODE = new @Nullable MutationKind[21];

    static {
        for (MutationKind kind : values()) {
            BY_CODE[kind.code] = kind;
        }
    }

    private final int code;
    private final boolean atomic;

    MutationKind(int code, boolean atomic) {
        this.code = code;
        this.atomic = atomic;
    }

    /** The atomic mutation with this code of the binding, or null when there is none. */
    public static @Nullable MutationKind atomicByCode(int code) {
        MutationKind kind = code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
        return kind != null && kind.atomic ? kind : null;
    }

    public boolean isAtomic() {
        return atomic;
    }

    /** Whether the result needs the value that was there before. */
    public boolean isDependent() {
        return atomic && !isVersionstamped();
    }

    public boolean isVersionstamped() {
        return this == SET_VERSIONSTAMPED_KEY || this == SET_VERSIONSTAMPED_VALUE;
    }

    /**
     * Whether two of these on one key may be folded into one only when their operands have the same
     * length.
     */
    public boolean foldsOnlyAtSameLength() {
        return switch (this) {
            case ADD,
                    OR,
                    XOR,
                    MAX,
                    MIN,
                    SET_VERSIONSTAMPED_KEY,
                    SET_VERSIONSTAMPED_VALUE,
                    COMPARE_AND_CLEAR ->
                    true;
            case SET, CLEAR_RANGE, AND, APPEND_IF_FITS, BYTE_MIN, BYTE_MAX -> false;
        };
    }
}
