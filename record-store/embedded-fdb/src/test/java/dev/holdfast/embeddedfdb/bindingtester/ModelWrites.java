package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.MutationType;
import dev.holdfast.embeddedfdb.bindingtester.ModelTarget.Interval;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/** A transaction's writes as a log, and what each of them does to a map of rows. */
final class ModelWrites {
    private static final int STAMP_BYTES = 10;
    private static final int OFFSET_BYTES = 4;
    private static final int VALUE_BYTES_MAX = 100_000;

    private sealed interface Step {}

    @SuppressWarnings("ArrayRecordComponent")
    private record Set(byte[] key, byte[] value) implements Step {}

    private record Clear(Interval range) implements Step {}

    @SuppressWarnings("ArrayRecordComponent")
    private record Atomic(MutationType type, byte[] key, byte[] operand) implements Step {}

    private final List<Step> log = new ArrayList<>();
    private final List<Interval> conflicts = new ArrayList<>();

    int size() {
        return log.size();
    }

    boolean isEmpty() {
        return log.isEmpty() && conflicts.isEmpty();
    }

    private static Interval one(byte[] key) {
        return new Interval(key, Arrays.copyOf(key, key.length + 1));
    }

    void set(byte[] key, byte[] value, boolean conflict) {
        add(new Set(key, value), one(key), conflict);
    }

    void clear(Interval range, boolean conflict) {
        if (Arrays.compareUnsigned(range.begin(), range.end()) < 0) {
            add(new Clear(range), range, conflict);
        }
    }

    void mutate(MutationType type, byte[] key, byte[] operand, boolean conflict) {
        if (type == MutationType.SET_VERSIONSTAMPED_KEY) {
            requireStampFits(key);
            log.add(new Atomic(type, key, operand));
            return;
        }
        if (type == MutationType.SET_VERSIONSTAMPED_VALUE) {
            requireStampFits(operand);
        }
        add(new Atomic(type, key, operand), one(key), conflict);
    }

    private void add(Step step, Interval range, boolean conflict) {
        log.add(step);
        if (conflict) {
            conflicts.add(range);
        }
    }

    void addConflict(Interval range) {
        if (Arrays.compareUnsigned(range.begin(), range.end()) < 0) {
            conflicts.add(range);
        }
    }

    // ---- versionstamps -------------------------------------------------------------------------

    static byte[] stamp(long version) {
        return ByteBuffer.allocate(STAMP_BYTES).putLong(version).array();
    }

    private static int place(byte[] parameter) {
        return ByteBuffer.wrap(parameter)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt(parameter.length - OFFSET_BYTES);
    }

    private static void requireStampFits(byte[] parameter) {
        if (parameter.length < OFFSET_BYTES
                || place(parameter) < 0
                || (long) place(parameter) + STAMP_BYTES > parameter.length - OFFSET_BYTES) {
            throw new ModelError(2000);
        }
    }

    private static byte[] stamped(byte[] parameter, long version) {
        byte[] filled = Arrays.copyOf(parameter, parameter.length - OFFSET_BYTES);
        System.arraycopy(stamp(version), 0, filled, place(parameter), STAMP_BYTES);
        return filled;
    }

    /** Whether a key of the range waits for its stamp; of stamped keys, all they may become. */
    boolean unreadable(Interval range) {
        List<Interval> waiting = new ArrayList<>();
        for (Step step : log) {
            if (step instanceof Atomic(MutationType type, byte[] key, byte[] operand)) {
                if (type == MutationType.SET_VERSIONSTAMPED_VALUE) {
                    waiting.add(one(key));
                } else if (type == MutationType.SET_VERSIONSTAMPED_KEY) {
                    byte[] least = stamped(key, 0);
                    byte[] most = least.clone();
                    Arrays.fill(most, place(key), place(key) + STAMP_BYTES, (byte) 0xff);
                    waiting.add(new Interval(least, one(most).end()));
                }
            } else if (step instanceof Clear(Interval cleared)) {
                waiting.removeIf(each -> cleared.holds(each.begin()));
            }
        }
        return waiting.stream().anyMatch(each -> overlap(each, range));
    }

    private static boolean overlap(Interval left, Interval right) {
        return left.holds(right.begin()) || right.holds(left.begin());
    }

    // ---- conflicts -----------------------------------------------------------------------------

    /**
     * Whether a key lies in both ranges that the transaction had not itself given a value by its
     * first {@code writesBefore} writes. If there is one, there is one among the keys at which
     * anything begins.
     */
    boolean meet(Interval read, Interval written, int writesBefore) {
        if (!overlap(read, written)) {
            return false;
        }
        List<byte[]> candidates = new ArrayList<>(List.of(read.begin(), written.begin()));
        for (Step step : log.subList(0, writesBefore)) {
            switch (step) {
                case Set(byte[] key, byte[] value) -> candidates.add(one(key).end());
                case Clear(Interval range) -> candidates.add(range.end());
                case Atomic(MutationType type, byte[] key, byte[] operand) -> candidates.add(key);
            }
        }
        return candidates.stream()
                .anyMatch(
                        key -> read.holds(key) && written.holds(key) && !known(key, writesBefore));
    }

    /** Whether the transaction itself gave the key a value, or none. */
    boolean gave(byte[] key) {
        return known(key, log.size());
    }

    private boolean known(byte[] key, int writesBefore) {
        for (int i = writesBefore - 1; i >= 0; i--) {
            boolean gave =
                    switch (log.get(i)) {
                        case Set(byte[] own, byte[] value) -> Arrays.equals(own, key);
                        case Clear(Interval range) -> range.holds(key);
                        case Atomic(MutationType type, byte[] own, byte[] operand) ->
                                type == MutationType.SET_VERSIONSTAMPED_VALUE
                                        && Arrays.equals(own, key);
                    };
            if (gave) {
                return true;
            }
        }
        return false;
    }

    // ---- effects -------------------------------------------------------------------------------

    /** The rows with the writes on them, but for those that wait for a stamp. */
    NavigableMap<byte[], byte[]> over(NavigableMap<byte[], byte[]> stored) {
        NavigableMap<byte[], byte[]> rows = ModelTarget.rows();
        rows.putAll(stored);
        for (Step step : log) {
            if (!(step instanceof Atomic atomic) || !atomic.type().name().contains("STAMPED")) {
                apply(step, rows, 0);
            }
        }
        return rows;
    }

    /** Makes the writes and tells what they conflict with. */
    List<Interval> commitTo(NavigableMap<byte[], byte[]> rows, long version) {
        List<Interval> written = new ArrayList<>(conflicts);
        for (Step step : log) {
            apply(step, rows, version);
            if (step instanceof Atomic(MutationType type, byte[] key, byte[] operand)
                    && type == MutationType.SET_VERSIONSTAMPED_KEY) {
                written.add(one(stamped(key, version)));
            }
        }
        return written;
    }

    private static void apply(Step step, NavigableMap<byte[], byte[]> rows, long version) {
        switch (step) {
            case Set(byte[] key, byte[] value) -> rows.put(key, value);
            case Clear(Interval range) -> rows.subMap(range.begin(), range.end()).clear();
            case Atomic(MutationType type, byte[] key, byte[] operand) -> {
                if (type == MutationType.SET_VERSIONSTAMPED_KEY) {
                    rows.put(stamped(key, version), operand);
                } else if (type == MutationType.SET_VERSIONSTAMPED_VALUE) {
                    rows.put(key, stamped(operand, version));
                } else {
                    byte[] next = changed(type, rows.get(key), operand);
                    if (next == null) {
                        rows.remove(key);
                    } else {
                        rows.put(key, next);
                    }
                }
            }
        }
    }

    /** What a mutation makes of a value: the documented rules, spelled out with big integers. */
    private static byte @Nullable [] changed(
            MutationType type, byte @Nullable [] present, byte[] operand) {
        byte[] old = present == null ? new byte[0] : present;
        BigInteger left = number(old, operand.length);
        BigInteger right = number(operand, operand.length);
        boolean absent = present == null;
        return switch (type) {
            case ADD -> bytes(left.add(right), operand.length);
            case BIT_AND -> absent ? operand : bytes(left.and(right), operand.length);
            case BIT_OR -> bytes(left.or(right), operand.length);
            case BIT_XOR -> bytes(left.xor(right), operand.length);
            case MAX -> bytes(left.max(right), operand.length);
            case MIN -> absent ? operand : bytes(left.min(right), operand.length);
            case BYTE_MIN -> absent || Arrays.compareUnsigned(operand, old) < 0 ? operand : old;
            case BYTE_MAX -> absent || Arrays.compareUnsigned(operand, old) > 0 ? operand : old;
            case APPEND_IF_FITS -> {
                if (old.length + operand.length > VALUE_BYTES_MAX) {
                    yield present;
                }
                byte[] joined = Arrays.copyOf(old, old.length + operand.length);
                System.arraycopy(operand, 0, joined, old.length, operand.length);
                yield joined;
            }
            case COMPARE_AND_CLEAR -> Arrays.equals(present, operand) ? null : present;
            default -> throw new IllegalArgumentException("no plain mutation: " + type);
        };
    }

    private static BigInteger number(byte[] littleEndian, int length) {
        byte[] bigEndian = new byte[length];
        for (int i = 0; i < Math.min(littleEndian.length, length); i++) {
            bigEndian[length - 1 - i] = littleEndian[i];
        }
        return new BigInteger(1, bigEndian);
    }

    private static byte[] bytes(BigInteger number, int length) {
        byte[] littleEndian = new byte[length];
        for (int i = 0; i < length; i++) {
            littleEndian[i] = number.shiftRight(8 * i).byteValue();
        }
        return littleEndian;
    }
}
