package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.PackRows.Deleted;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.Deletion;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import java.util.List;
import java.util.Optional;

/** Traces of deleted packs: written with the end of their rows, forgotten by their age. */
final class RecordDeletions {
    private RecordDeletions() {}

    static void write(
            RecordTransaction transaction, Pack row, long nowMillis, ByteString job, String why) {
        transaction.join(
                transaction.save(
                        Schema.Type.DELETION,
                        Deletion.newBuilder()
                                .setPack(row.getPack())
                                .setAtMillis(nowMillis)
                                .setJob(job)
                                .setReason(why)
                                .setLength(row.getLength())
                                .build()));
    }

    static Optional<Deleted> of(RecordTransaction transaction, PackId pack) {
        return transaction
                .join(
                        transaction.loadSnapshot(
                                Deletion.class, Schema.Type.DELETION, Bytes.of(pack)))
                .map(RecordDeletions::view);
    }

    static List<Deleted> list(RecordTransaction transaction, TupleRange range, int limit) {
        return transaction
                .join(
                        transaction.byKey(
                                Deletion.class,
                                Schema.Type.DELETION,
                                range,
                                RecordTransaction.forwardSnapshot(limit)))
                .stream()
                .map(RecordDeletions::view)
                .toList();
    }

    /** The oldest go first, so that a run that is cut short has forgotten none too early. */
    static int forget(RecordTransaction transaction, long untilMillis) {
        List<Stored<Deletion>> due =
                transaction.join(
                        transaction.byIndex(
                                Deletion.class,
                                Schema.Type.DELETION,
                                Schema.DELETION_AT,
                                RecordTransaction.between(
                                        RecordTransaction.parts(0L),
                                        RecordTransaction.parts(untilMillis)),
                                RecordTransaction.forwardSnapshot(PackRows.FORGET_MAX)));
        transaction.joinAll(
                due.stream()
                        .map(row ->
                                transaction.delete(Schema.Type.DELETION, row.record().getPack()))
                        .toList());
        return due.size();
    }

    private static Deleted view(Deletion row) {
        return new Deleted(
                Bytes.pack(row.getPack()),
                row.getAtMillis(),
                Id128.of(row.getJob().toByteArray()),
                row.getReason(),
                row.getLength());
    }
}
