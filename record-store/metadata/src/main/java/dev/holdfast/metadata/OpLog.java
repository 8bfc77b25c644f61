package dev.holdfast.metadata;

import com.apple.foundationdb.record.ScanProperties;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.DeviceOps;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.OpResults;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.WireJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Exactly once: the results of a device's committed operations, stored in the transactions that
 * made them. A row holds a run of consecutive sequences, because such runs never overlap: a
 * sequence is committed at most once, so the row that may have it is the last one that begins at or
 * before it.
 *
 * <p>The rows a batch could have are read serializably before anything else. Two executions of one
 * operation therefore cannot both commit, and one that runs again after an unknown commit finds its
 * result.
 */
final class OpLog {
    private static final ObjectWriter WRITER = WireJson.mapper().writerFor(Op.class);

    /**
     * The floor is stored in steps of this many operations, so that most batches do not write it.
     */
    private static final long FLOOR_STEP = 1_024;

    /** Sequences of a batch that are on average no further apart are looked up as one range. */
    private static final long NEAR = 4;

    /** Rows dropped in one transaction. */
    private static final int DROP_MAX = 64;

    private final RecordTransaction transaction;
    private final ByteString device;
    private final ByteString ns;
    private final TreeMap<Long, OpResults> rows = new TreeMap<>();
    private long floor;

    OpLog(RecordTransaction transaction, ByteString device, ByteString ns) {
        this.transaction = transaction;
        this.device = device;
        this.ns = ns;
    }

    /** An operation that took effect in this transaction. */
    record Entry(long sequence, long fingerprint, int change, ByteString node) {}

    /** Reads what is known about the operations; {@code ops} is not empty. */
    void load(List<Op> ops) {
        long low = ops.stream().mapToLong(Op::sequence).min().orElseThrow();
        long high = ops.stream().mapToLong(Op::sequence).max().orElseThrow();
        List<CompletableFuture<List<OpResults>>> found = new ArrayList<>();
        if (high - low < NEAR * ops.size()) {
            found.add(lastUpTo(low));
            found.add(
                    rows(
                            RecordTransaction.between(key(low), key(high)),
                            RecordTransaction.forward(Integer.MAX_VALUE)));
        } else {
            // Far apart: a range could hold any number of rows in between.
            ops.forEach(op -> found.add(lastUpTo(op.sequence())));
        }
        var ops0 = transaction.load(DeviceOps.class, Schema.Type.DEVICE_OPS, device);
        for (CompletableFuture<List<OpResults>> some : found) {
            transaction.join(some).forEach(row -> rows.put(row.getFirst(), row));
        }
        floor = transaction.join(ops0).map(DeviceOps::getFloor).orElse(0L);
    }

    private Tuple key(long sequence) {
        return RecordTransaction.key(Schema.Type.OP_RESULTS, device, sequence);
    }

    /** The row that has the sequence, if any has it. */
    private CompletableFuture<List<OpResults>> lastUpTo(long sequence) {
        Tuple all = RecordTransaction.key(Schema.Type.OP_RESULTS, device);
        return rows(RecordTransaction.upTo(all, key(sequence)), RecordTransaction.backward(1));
    }

    private CompletableFuture<List<OpResults>> rows(TupleRange range, ScanProperties scan) {
        return transaction.byKey(OpResults.class, Schema.Type.OP_RESULTS, range, scan);
    }

    /**
     * The result an operation has already; empty when it has to be executed.
     *
     * @param outstanding the device has the results of all operations below it
     */
    Optional<OpResult> known(Op op, long outstanding) {
        var entry = rows.floorEntry(op.sequence());
        if (entry != null) {
            OpResults row = entry.getValue();
            long index = op.sequence() - row.getFirst();
            if (index < row.getFingerprintCount()) {
                return Optional.of(stored(op, row, (int) index));
            }
        }
        return op.sequence() < Math.max(floor, outstanding)
                ? Optional.of(
                        refused(
                                op,
                                ProblemCode.OP_EXPIRED,
                                "the operation's result is no longer kept; use a new sequence"))
                : Optional.empty();
    }

    /** The change set of the transaction that executed an operation; empty when none did. */
    Optional<ByteString> changeOf(long sequence) {
        return Optional.ofNullable(rows.floorEntry(sequence))
                .map(entry -> entry.getValue())
                .filter(row -> sequence - row.getFirst() < row.getFingerprintCount())
                .map(OpResults::getChange);
    }

    private OpResult stored(Op op, OpResults row, int index) {
        if (row.getFingerprint(index) != fingerprint(op) || !row.getNs().equals(ns)) {
            return refused(
                    op,
                    ProblemCode.OP_MISMATCH,
                    "the sequence was used for another operation; use a new one");
        }
        return new OpResult(op.sequence(), null, null, node(row, index));
    }

    private @Nullable NodeState node(OpResults row, int index) {
        if (row.getEntry(index) > 0) {
            Optional<ChangeSet> set =
                    transaction.get(ChangeSet.class, Schema.Type.CHANGE_SET, ns, row.getChange());
            if (set.isPresent()) {
                return Images.state(set.get().getEntry(row.getEntry(index) - 1).getNode());
            }
        }
        // It changed nothing, or the change is forgotten: the node as it is now.
        return transaction
                .get(Node.class, Schema.Type.NODE, ns, row.getNode(index))
                .filter(found -> !found.getPurged())
                .map(Images::state)
                .orElse(null);
    }

    static OpResult refused(Op op, ProblemCode code, String detail) {
        return new OpResult(op.sequence(), code, detail, null);
    }

    /** Tells apart two operations under one sequence; 64 bits of the SHA-256 of the wire form. */
    static long fingerprint(Op op) {
        try {
            return Sha256.hash(WRITER.writeValueAsBytes(op)).a();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an operation has no wire form", e);
        }
    }

    /** Stores the results of this transaction's operations, a row per run. */
    List<CompletableFuture<?>> store(List<Entry> entries, ByteString change) {
        List<CompletableFuture<?>> writes = new ArrayList<>();
        OpResults.@Nullable Builder row = null;
        for (Entry entry : entries.stream().sorted(OpLog::bySequence).toList()) {
            boolean follows =
                    row != null && entry.sequence() == row.getFirst() + row.getFingerprintCount();
            if (row == null || !follows) {
                if (row != null) {
                    writes.add(transaction.save(Schema.Type.OP_RESULTS, row.build()));
                }
                row =
                        OpResults.newBuilder()
                                .setDevice(device)
                                .setFirst(entry.sequence())
                                .setNs(ns)
                                .setChange(change);
            }
            row.addFingerprint(entry.fingerprint()).addEntry(entry.change()).addNode(entry.node());
        }
        if (row != null) {
            writes.add(transaction.save(Schema.Type.OP_RESULTS, row.build()));
        }
        return writes;
    }

    private static int bySequence(Entry one, Entry other) {
        return Long.compare(one.sequence(), other.sequence());
    }

    /** Forgets results the device does not need any more, now and then. */
    void forget(long outstanding) {
        if (outstanding - floor < FLOOR_STEP) {
            return;
        }
        var all = RecordTransaction.key(Schema.Type.OP_RESULTS, device);
        List<OpResults> old =
                transaction.join(
                        transaction.byKey(
                                OpResults.class,
                                Schema.Type.OP_RESULTS,
                                RecordTransaction.before(all, all.add(outstanding)),
                                RecordTransaction.forward(DROP_MAX)));
        List<CompletableFuture<?>> writes = new ArrayList<>();
        long reached = outstanding;
        for (OpResults row : old) {
            if (row.getFirst() + row.getFingerprintCount() <= outstanding) {
                writes.add(transaction.delete(Schema.Type.OP_RESULTS, device, row.getFirst()));
            }
        }
        if (old.size() == DROP_MAX) {
            OpResults last = old.getLast();
            reached = Math.min(outstanding, last.getFirst() + last.getFingerprintCount());
        }
        writes.add(
                transaction.save(
                        Schema.Type.DEVICE_OPS,
                        DeviceOps.newBuilder().setDevice(device).setFloor(reached).build()));
        transaction.joinAll(writes);
    }
}
