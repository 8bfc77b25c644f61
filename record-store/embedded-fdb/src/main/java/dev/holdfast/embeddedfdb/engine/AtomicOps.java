package dev.holdfast.embeddedfdb.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What each atomic mutation makes of an existing value. The edge cases (absent value, empty
 * operand, different lengths) follow fdbclient/Atomic.h of 7.1.26; AND and MIN are the second
 * variants, which every API version since 510 uses.
 */
public final class AtomicOps {
    private AtomicOps() {}

    /**
     * The value after the mutation, or null for no value.
     *
     * @param existing the value before, or null when the key was absent
     */
    public static byte @Nullable [] apply(
            MutationKind kind, byte @Nullable [] existing, byte[] operand) {
        return switch (kind) {
            case SET -> operand;
            case ADD -> add(existing, operand);
            case AND -> existing == null ? operand : and(existing, operand);
            case OR -> or(existing, operand);
            case XOR -> xor(existing, operand);
            case APPEND_IF_FITS -> appendIfFits(existing, operand);
            case MAX -> max(existing, operand);
            case MIN -> existing == null ? operand : min(existing, operand);
            case BYTE_MIN ->
                    existing != null && Keys.compare(existing, operand) < 0 ? existing : operand;
            case BYTE_MAX ->
                    existing != null && Keys.compare(existing, operand) > 0 ? existing : operand;
            case COMPARE_AND_CLEAR ->
                    existing == null || Arrays.equals(existing, operand) ? null : existing;
            case CLEAR_RANGE, SET_VERSIONSTAMPED_KEY, SET_VERSIONSTAMPED_VALUE ->
                    throw new IllegalArgumentException("not a read-modify-write: " + kind);
        };
    }

    private static byte[] add(byte @Nullable [] existing, byte[] operand) {
        if (existing == null || existing.length == 0 || operand.length == 0) {
            return operand;
        }
        byte[] sum = new byte[operand.length];
        int carry = 0;
        for (int i = 0; i < operand.length; i++) {
            int digit = (operand[i] & 0xff) + carry;
            if (i < existing.length) {
                digit += existing[i] & 0xff;
            }
            sum[i] = (byte) digit;
            carry = digit >> 8;
        }
        return sum;
    }

    private static byte[] and(byte[] existing, byte[] operand) {
        byte[] result = new byte[operand.length];
        for (int i = 0; i < Math.min(existing.length, operand.length); i++) {
            result[i] = (byte) (existing[i] & operand[i]);
        }
        return result;
    }

    private static byte[] or(byte @Nullable [] existing, byte[] operand) {
        if (existing == null || existing.length == 0) {
            return operand;
        }
        byte[] result = operand.clone();
        for (int i = 0; i < Math.min(existing.length, operand.length); i++) {
            result[i] |= existing[i];
        }
        return result;
    }

    private static byte[] xor(byte @Nullable [] existing, byte[] operand) {
        if (existing == null || existing.length == 0) {
            return operand;
        }
        byte[] result = operand.clone();
        for (int i = 0; i < Math.min(existing.length, operand.length); i++) {
            result[i] ^= existing[i];
        }
        return result;
    }

    private static byte[] appendIfFits(byte @Nullable [] existing, byte[] operand) {
        if (existing == null || existing.length == 0) {
            return operand;
        }
        if (operand.length == 0 || existing.length + operand.length > Keys.VALUE_BYTES_MAX) {
            return existing;
        }
        byte[] result = Arrays.copyOf(existing, existing.length + operand.length);
        System.arraycopy(operand, 0, result, existing.length, operand.length);
        return result;
    }

    private static byte[] max(byte @Nullable [] existing, byte[] operand) {
        if (existing == null || existing.length == 0 || operand.length == 0) {
            return operand;
        }
        return compareLittleEndian(operand, existing) >= 0
                ? operand
                : Arrays.copyOf(existing, operand.length);
    }

    private static byte[] min(byte[] existing, byte[] operand) {
        if (operand.length == 0) {
            return operand;
        }
        return compareLittleEndian(operand, existing) > 0
                ? Arrays.copyOf(existing, operand.length)
                : operand;
    }

    /** Compares the operand with as many low bytes of the existing value as the operand has. */
    private static int compareLittleEndian(byte[] operand, byte[] existing) {
        for (int i = operand.length - 1; i >= 0; i--) {
            int other = i < existing.length ? existing[i] & 0xff : 0;
            int order = Integer.compare(operand[i] & 0xff, other);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
