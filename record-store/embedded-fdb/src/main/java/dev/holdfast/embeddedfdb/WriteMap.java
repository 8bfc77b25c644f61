package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.AtomicOps;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.Mutation;
import dev.holdfast.embeddedfdb.engine.MutationKind;
import dev.holdfast.embeddedfdb.engine.Versionstamps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A transaction's own writes, so that it can read them: cleared ranges, and on top of them keys
 * with the operations made on each. Which ranges must be checked for conflicts is kept beside it,
 * and so is what cannot be read because a versionstamp will only be known after the commit.
 *
 * <p>The rules for folding operations into each other and for what is unreadable are those of
 * fdbclient's WriteMap (7.1.26). Not thread-safe; the transaction's lock guards it.
 */
final class WriteMap {
    /** One step of a key's history: a value put (null for cleared) or an operand. */
    static final class Operation {
        final MutationKind kind;
        final byte @Nullable [] parameter;

        Operation(MutationKind kind, byte @Nullable [] parameter) {
            this.kind = kind;
            this.parameter = parameter;
        }
    }

    /** What was done to one key since it was last cleared, oldest first; never empty. */
    static final class Operations {
        private final List<Operation> steps = new ArrayList<>(1);

        Operations(Operation first) {
            steps.add(first);
        }

        /** Whether the outcome depends on the stored value. */
        boolean isDependent() {
            return steps.get(0).kind.isDependent();
        }

        /** The value a reader sees, or null. */
        byte @Nullable [] valueOver(byte @Nullable [] stored) {
            if (steps.size() == 1 && !isDependent()) {
                return steps.get(0).parameter;
            }
            byte[] value = stored;
            for (Operation step : steps) {
                value = step.kind.isVersionstamped() ? step.parameter : over(step, value);
            }
            return value;
        }

        private static byte @Nullable [] over(Operation step, byte @Nullable [] below) {
            byte[] parameter = step.parameter;
            return parameter == null ? null : AtomicOps.apply(step.kind, below, parameter);
        }

        private Operations copy() {
            Operations copy = new Operations(steps.get(0));
            copy.steps.addAll(steps.subList(1, steps.size()));
            return copy;
        }

        private void push(Operation next) {
            steps.add(next);
        }

        /** Adds an operation, folding it into the last one where that loses nothing. */
        private void fold(Operation next) {
            Operation last = steps.get(steps.size() - 1);
            byte[] operand = next.parameter;
            boolean foldable;
            if (last.kind == next.kind && next.kind != MutationKind.COMPARE_AND_CLEAR) {
                foldable =
                        !last.kind.foldsOnlyAtSameLength()
                                || last.parameter == null
                                || operand == null
                                || last.parameter.length == operand.length;
            } else {
                foldable = !(next.kind.isAtomic() && last.kind.isAtomic());
            }
            if (!foldable || operand == null) {
                steps.add(next);
                return;
            }
            steps.set(steps.size() - 1, folded(last, next, operand));
        }

        private static Operation folded(Operation last, Operation next, byte[] operand) {
            if (!next.kind.isDependent()) {
                return next;
            }
            return new Operation(last.kind, AtomicOps.apply(next.kind, last.parameter, operand));
        }
    }

    private final TreeMap<byte[], Operations> operations = new TreeMap<>(Keys.ORDER);
    private final KeyRangeSet cleared = new KeyRangeSet();
    private final KeyRangeSet unreadable = new KeyRangeSet();
    private final KeyRangeSet writeConflicts = new KeyRangeSet();
    private final List<Mutation> flushed = new ArrayList<>();

    boolean isEmpty() {
        return operations.isEmpty() && cleared.isEmpty() && flushed.isEmpty();
    }

    /** The writes as they are now, for reading. */
    WriteMap copy() {
        WriteMap copy = new WriteMap();
        operations.forEach((key, steps) -> copy.operations.put(key, steps.copy()));
        cleared.forEach(copy.cleared::add);
        unreadable.forEach(copy.unreadable::add);
        copy.flushed.addAll(flushed);
        return copy;
    }

    /** What the writes are to one key now, for reading it. */
    WriteMap copyOf(byte[] key) {
        WriteMap copy = new WriteMap();
        Operations steps = operations.get(key);
        if (steps != null) {
            copy.operations.put(key, steps.copy());
        }
        byte[] after = Keys.after(key);
        if (cleared.contains(key)) {
            copy.cleared.add(key, after);
        }
        if (unreadable.contains(key)) {
            copy.unreadable.add(key, after);
        }
        return copy;
    }

    KeyRangeSet cleared() {
        return cleared;
    }

    KeyRangeSet unreadable() {
        return unreadable;
    }

    KeyRangeSet writeConflicts() {
        return writeConflicts;
    }

    @Nullable Operations operationsOn(byte[] key) {
        return operations.get(key);
    }

    Map.@Nullable Entry<byte[], Operations> firstOperationsFrom(byte[] key) {
        return operations.isEmpty() ? null : operations.ceilingEntry(key);
    }

    Map.@Nullable Entry<byte[], Operations> lastOperationsBefore(byte[] key) {
        return operations.isEmpty() ? null : operations.lowerEntry(key);
    }

    /** Adds a write of one key. */
    void mutate(MutationKind kind, byte[] key, byte[] parameter, boolean addConflict) {
        if (addConflict) {
            writeConflicts.add(key, Keys.after(key));
        }
        boolean wasUnreadable = unreadable.contains(key);
        boolean isUnreadable = wasUnreadable || kind.isVersionstamped();
        if (kind.isVersionstamped() && !wasUnreadable) {
            unreadable.add(key, Keys.after(key));
        }
        Operation next = new Operation(kind, parameter);
        Operations present = operations.get(key);
        if (present == null) {
            if (kind.isDependent() && cleared.contains(key)) {
                Operations onCleared = new Operations(new Operation(MutationKind.SET, null));
                onCleared.fold(next);
                operations.put(key, onCleared);
            } else {
                operations.put(key, new Operations(next));
            }
        } else if (!wasUnreadable
                && (kind == MutationKind.SET || kind == MutationKind.SET_VERSIONSTAMPED_VALUE)) {
            operations.put(key, new Operations(next));
        } else if (isUnreadable) {
            present.push(next);
        } else {
            present.fold(next);
        }
    }

    /**
     * Adds a key that the commit will complete with its versionstamp. Everything the key may turn
     * out to be becomes unreadable; what was written there before is kept for the commit.
     *
     * @param begin first key it may be
     * @param end behind the last key it may be
     * @param lowest the parameter with the lowest possible stamp, its offset kept
     */
    void mutateVersionstampedKey(byte[] begin, byte[] end, byte[] lowest, byte[] value) {
        flush(begin, end);
        operations.subMap(begin, true, end, false).clear();
        cleared.remove(begin, end);
        writeConflicts.remove(begin, end);
        unreadable.add(begin, end);
        mutate(MutationKind.SET_VERSIONSTAMPED_KEY, lowest, value, false);
    }

    void clear(byte[] begin, byte[] end, boolean addConflict) {
        if (Keys.compare(begin, end) >= 0) {
            return;
        }
        if (addConflict) {
            writeConflicts.add(begin, end);
        }
        if (!operations.isEmpty()) {
            operations.subMap(begin, true, end, false).clear();
        }
        cleared.add(begin, end);
        unreadable.remove(begin, end);
    }

    /**
     * The parts of a range whose stored values a read of it depends on: everything but cleared
     * ranges and keys whose own value is known.
     */
    void forEachDependentPart(byte[] begin, byte[] end, BiConsumer<byte[], byte[]> part) {
        cleared.forEachGap(
                begin,
                end,
                (from, to) -> {
                    byte[] position = from;
                    for (Map.Entry<byte[], Operations> entry :
                            operations.subMap(from, true, to, false).entrySet()) {
                        byte[] key = entry.getKey();
                        if (Keys.compare(position, key) < 0) {
                            part.accept(position, key);
                        }
                        position = Keys.after(key);
                        if (entry.getValue().isDependent()) {
                            part.accept(key, Keys.min(position, to));
                        }
                    }
                    if (Keys.compare(position, to) < 0) {
                        part.accept(position, to);
                    }
                });
    }

    /** Where the first thing in the range that the transaction changed begins, else its end. */
    byte[] untouchedEnd(byte[] begin, byte[] end) {
        byte[] first = end;
        byte[] own = operations.ceilingKey(begin);
        if (own != null) {
            first = Keys.min(first, own);
        }
        first = Keys.min(first, cleared.firstFrom(begin, end));
        return Keys.min(first, unreadable.firstFrom(begin, end));
    }

    /** The writes in an order that gives the same result: clears, then each key's operations. */
    List<Mutation> mutations() {
        flush(Keys.EMPTY, Keys.ALL_END);
        List<Mutation> all = new ArrayList<>(flushed);
        flushed.clear();
        return all;
    }

    private void flush(byte[] begin, byte[] end) {
        for (Map.Entry<byte[], byte[]> range : cleared.asMap().entrySet()) {
            byte[] from = Keys.max(range.getKey(), begin);
            byte[] to = Keys.min(range.getValue(), end);
            if (Keys.compare(from, to) < 0) {
                flushed.add(new Mutation(MutationKind.CLEAR_RANGE, from, to));
            }
        }
        for (Map.Entry<byte[], Operations> entry :
                operations.subMap(begin, true, end, false).entrySet()) {
            byte[] key = entry.getKey();
            for (Operation step : entry.getValue().steps) {
                byte[] parameter = step.parameter;
                flushed.add(
                        parameter == null
                                ? new Mutation(MutationKind.CLEAR_RANGE, key, Keys.after(key))
                                : new Mutation(step.kind, key, parameter));
            }
        }
    }

    /** The range of keys a versionstamped key may become, as begin and end. */
    static byte[][] versionstampedRange(byte[] parameter, long minVersion, byte[] maxKey) {
        byte[] begin = Versionstamps.fill(parameter, Versionstamps.stamp(minVersion, 0));
        byte[] stamp = new byte[Versionstamps.STAMP_BYTES];
        Arrays.fill(stamp, (byte) 0xff);
        byte[] end = Keys.after(Versionstamps.fill(parameter, stamp));
        return new byte[][] {begin, Keys.min(end, maxKey)};
    }

    /** Fails with 1036 when the key's value will only be known after the commit. */
    void requireReadable(byte[] begin, byte[] end) {
        if (unreadable.intersects(begin, end)) {
            throw FdbError.ACCESSED_UNREADABLE.exception();
        }
    }
}
