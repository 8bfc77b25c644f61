package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.MutationKind;
import dev.holdfast.embeddedfdb.engine.Versionstamps;

/**
 * The rules for writing in a transaction: what may be written, how much it counts and which
 * conflict range it makes. The arrays given are copied, for the caller may change them.
 */
final class TransactionWrites {
    private final TransactionCore core;
    private final KeyRangeSet stampedKeys = new KeyRangeSet();

    TransactionWrites(TransactionCore core) {
        this.core = core;
    }

    /** What the commit will be a conflict for: the ranges written and all that stamps may make. */
    KeyRangeSet conflicts() {
        KeyRangeSet all = new KeyRangeSet();
        core.writes().writeConflicts().forEach(all::add);
        stampedKeys.forEach(all::add);
        return all;
    }

    void reset() {
        stampedKeys.clear();
    }

    private boolean takeAddConflict() {
        boolean add = !core.settings.nextWriteWithoutConflict;
        core.settings.nextWriteWithoutConflict = false;
        return add;
    }

    void set(byte[] key, byte[] value) {
        core.write(() -> {
            if (MetadataVersion.isKey(key)) {
                throw FdbError.CLIENT_INVALID_OPERATION.exception();
            }
            SpecialKeys.refuseWrite(core, key);
            boolean addConflict = takeAddConflict();
            requireWritable(key);
            requireSizes(key, value);
            mutate(MutationKind.SET, key, value, addConflict);
        });
    }

    void atomic(int code, byte[] key, byte[] operand) {
        core.write(() -> {
            boolean addConflict = takeAddConflict();
            MutationKind kind = MutationKind.atomicByCode(code);
            if (MetadataVersion.isKey(key)) {
                MetadataVersion.requireValid(kind, operand);
            } else {
                requireWritable(key);
            }
            if (kind == null) {
                throw FdbError.INVALID_MUTATION_TYPE.exception();
            }
            requireSizes(key, operand);
            if (kind == MutationKind.SET_VERSIONSTAMPED_KEY) {
                setVersionstampedKey(key, operand);
                return;
            }
            if (kind == MutationKind.SET_VERSIONSTAMPED_VALUE) {
                Versionstamps.position(operand);
            }
            mutate(kind, key, operand, addConflict);
        });
    }

    private void setVersionstampedKey(byte[] parameter, byte[] value) {
        long floor = Math.max(0, core.knownReadVersion());
        byte[] ownValue = value.clone();
        byte[][] range = WriteMap.versionstampedRange(parameter, floor, core.maxReadKey());
        core.addBytes(parameter.length + value.length + TransactionCore.MUTATION_BYTES);
        stampedKeys.add(range[0], range[1]);
        if (core.settings.readYourWritesDisabled) {
            core.direct().add(MutationKind.SET_VERSIONSTAMPED_KEY, parameter.clone(), ownValue);
            return;
        }
        byte[] lowest = Versionstamps.fillKeepingOffset(parameter, Versionstamps.stamp(floor, 0));
        core.writes().mutateVersionstampedKey(range[0], range[1], lowest, ownValue);
    }

    private void mutate(MutationKind kind, byte[] key, byte[] parameter, boolean addConflict) {
        core.addBytes(key.length + parameter.length + TransactionCore.MUTATION_BYTES);
        if (addConflict) {
            core.addBytes(TransactionCore.RANGE_BYTES + 2L * key.length + 1);
        }
        byte[] ownKey = key.clone();
        byte[] ownParameter = parameter.clone();
        if (core.settings.readYourWritesDisabled) {
            core.direct().add(kind, ownKey, ownParameter);
            if (addConflict) {
                core.writes().writeConflicts().add(ownKey, Keys.after(ownKey));
            }
            return;
        }
        core.writes().mutate(kind, ownKey, ownParameter, addConflict);
        core.watches.wrote(ownKey, kind == MutationKind.SET ? ownParameter : null, kind);
    }

    void clear(byte[] key) {
        core.write(() -> {
            boolean addConflict = takeAddConflict();
            SpecialKeys.refuseWrite(core, key);
            requireWritable(key);
            if (key.length <= Keys.readSizeMax(key)) {
                clearOne(key.clone(), addConflict);
            }
        });
    }

    void clear(byte[] begin, byte[] end) {
        core.write(() -> {
            if (Keys.compare(begin, end) > 0) {
                throw FdbError.INVERTED_RANGE.exception();
            }
            boolean addConflict = takeAddConflict();
            SpecialKeys.refuseWrite(core, begin);
            byte[] maxKey = core.maxWriteKey();
            if (Keys.compare(begin, maxKey) > 0 || Keys.compare(end, maxKey) > 0) {
                throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
            }
            clearRange(Keys.cutToLimit(begin).clone(), Keys.cutToLimit(end).clone(), addConflict);
        });
    }

    /**
     * Counted as the real client does: other than a range, and not at all when writes are hidden.
     */
    private void clearOne(byte[] key, boolean addConflict) {
        byte[] end = Keys.after(key);
        if (!core.settings.readYourWritesDisabled) {
            int parts = addConflict ? 2 : 1;
            core.addBytes(parts * (2L * key.length + 1 + TransactionCore.RANGE_BYTES));
        }
        apply(key, end, addConflict);
    }

    private void clearRange(byte[] begin, byte[] end, boolean addConflict) {
        int size = begin.length + end.length;
        core.addBytes(size + TransactionCore.MUTATION_BYTES);
        if (addConflict) {
            core.addBytes(size + TransactionCore.RANGE_BYTES);
        }
        if (Keys.compare(begin, end) < 0) {
            apply(begin, end, addConflict);
        }
    }

    private void apply(byte[] begin, byte[] end, boolean addConflict) {
        if (core.settings.readYourWritesDisabled) {
            core.direct().add(MutationKind.CLEAR_RANGE, begin, end);
            if (addConflict) {
                core.writes().writeConflicts().add(begin, end);
            }
            return;
        }
        core.writes().clear(begin, end, addConflict);
        core.watches.cleared(begin, end);
    }

    private void requireWritable(byte[] key) {
        if (Keys.compare(key, core.maxWriteKey()) >= 0) {
            throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
        }
    }

    private void requireSizes(byte[] key, byte[] value) {
        int keyMax =
                core.settings.writeSystemKeys || core.settings.readSystemKeys
                        ? Keys.readSizeMax(key)
                        : Keys.sizeMax(key);
        if (key.length > keyMax) {
            throw FdbError.KEY_TOO_LARGE.exception();
        }
        if (value.length > Keys.VALUE_BYTES_MAX) {
            throw FdbError.VALUE_TOO_LARGE.exception();
        }
    }
}
