package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.metadata.schema.ChunkRecords.Ref;
import dev.holdfast.metadata.schema.ChunkRecords.Wanted;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.WantedChunks;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of devices: one row for each namespace that references a lost chunk, in the order
 * of the losses, written by the transaction that loses it (T12).
 *
 * <p>A namespace is asked only for what it references itself, and each reference was earned by
 * having the bytes: the list tells nobody anything about what others store. Rows are hints. One
 * whose chunk came back, or whose namespace dropped its reference, is passed over and tidied up
 * later, so that nobody who heals a chunk, or drops a reference, has to know of them.
 */
final class RecordWanted {
    /** The version of the store chunks, as the Record Layer counts it, that brought the rows. */
    static final int SINCE = 2;

    /** Namespaces asked for one chunk: the bytes are the same in all of them. */
    static final int NAMESPACES_MAX = 64;

    /** Chunks asked for at once. */
    static final int PAGE = 64;

    private static final int TIME_DIGITS = 16;
    private static final HexFormat HEX = HexFormat.of();

    private RecordWanted() {}

    /** Asks every namespace that references the chunk, up to a bound. */
    static void ask(RecordTransaction transaction, Chunk chunk, long nowMillis) {
        ByteString hash = chunk.getHash();
        List<CompletableFuture<?>> writes = new ArrayList<>();
        Tuple prefix = RecordTransaction.key(Schema.Type.REF, hash);
        TupleRange range = TupleRange.allOf(prefix);
        while (writes.size() < NAMESPACES_MAX) {
            List<Ref> next =
                    transaction.join(
                            transaction.byKey(
                                    Ref.class,
                                    Schema.Type.REF,
                                    range,
                                    RecordTransaction.forwardSnapshot(1)));
            if (next.isEmpty()) {
                break;
            }
            ByteString ns = next.getFirst().getNs();
            writes.add(
                    transaction.save(
                            Schema.Type.WANTED,
                            Wanted.newBuilder()
                                    .setNs(ns)
                                    .setAtMillis(nowMillis)
                                    .setHash(hash)
                                    .setLength(chunk.getPlainLength())
                                    .build()));
            // On to the next namespace, past all references that this one has.
            range =
                    new TupleRange(
                            prefix.add(ns.toByteArray()),
                            prefix,
                            EndpointType.RANGE_EXCLUSIVE,
                            EndpointType.RANGE_INCLUSIVE);
        }
        transaction.joinAll(writes);
    }

    /** What is wanted of a caller who may write there; empty when it is nothing. */
    static Answer<Optional<WantedChunks>> list(
            RecordTransaction transaction,
            Access access,
            Caller caller,
            NamespaceId namespace,
            String after) {
        return switch (access.enter(transaction, caller, namespace, Role.VIEWER)) {
            case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
            case Answer.Ok<Access.Grant>(var grant) -> {
                Tuple prefix = RecordTransaction.key(Schema.Type.WANTED, Bytes.of(namespace));
                TupleRange range =
                        after.isEmpty() ? TupleRange.allOf(prefix) : behind(prefix, after);
                if (range == null) {
                    yield Answer.refused(
                            ProblemCode.INVALID,
                            "wanted_after is the cursor of wanted chunks, or empty");
                }
                // Who may only read could not send them.
                boolean writes = grant.role().getNumber() >= Role.EDITOR.getNumber();
                yield Answer.ok(writes ? page(transaction, range) : Optional.empty());
            }
        };
    }

    private static Optional<WantedChunks> page(RecordTransaction transaction, TupleRange range) {
        List<Wanted> rows =
                transaction.join(
                        transaction.byKey(
                                Wanted.class,
                                Schema.Type.WANTED,
                                range,
                                RecordTransaction.forwardSnapshot(PAGE)));
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        List<CompletableFuture<Boolean>> still =
                rows.stream().map(row -> stillWanted(transaction, row)).toList();
        List<ChunkRef> chunks = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (transaction.join(still.get(i))) {
                Wanted row = rows.get(i);
                chunks.add(new ChunkRef(Bytes.hash(row.getHash()), row.getLength()));
            }
        }
        return Optional.of(new WantedChunks(text(rows.getLast()), chunks));
    }

    private static CompletableFuture<Boolean> stillWanted(
            RecordTransaction transaction, Wanted row) {
        var chunk = transaction.loadSnapshot(Chunk.class, Schema.Type.CHUNK, row.getHash());
        var reference =
                transaction.byKey(
                        Ref.class,
                        Schema.Type.REF,
                        RecordTransaction.under(Schema.Type.REF, row.getHash(), row.getNs()),
                        RecordTransaction.forwardSnapshot(1));
        return chunk.thenCombine(
                reference,
                (found, refs) ->
                        found.filter(c -> c.getState() == ChunkState.LOST).isPresent()
                                && !refs.isEmpty());
    }

    /**
     * Removes rows that ask for nothing any more.
     *
     * @param after where the look before ended; null to begin
     * @return where this one ended; empty at the end of all
     */
    static Optional<byte[]> tidy(
            RecordTransaction transaction, byte @Nullable [] after, int limit) {
        Tuple prefix = RecordTransaction.key(Schema.Type.WANTED);
        TupleRange range =
                after == null
                        ? TupleRange.allOf(prefix)
                        : RecordTransaction.after(prefix, Tuple.fromBytes(after), false);
        List<Wanted> rows =
                transaction.join(
                        transaction.byKey(
                                Wanted.class,
                                Schema.Type.WANTED,
                                range,
                                RecordTransaction.forwardSnapshot(limit)));
        List<CompletableFuture<Boolean>> still =
                rows.stream().map(row -> stillWanted(transaction, row)).toList();
        List<CompletableFuture<?>> writes = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (!transaction.join(still.get(i))) {
                Wanted row = rows.get(i);
                writes.add(
                        transaction.delete(
                                Schema.Type.WANTED, row.getNs(), row.getAtMillis(), row.getHash()));
            }
        }
        transaction.joinAll(writes);
        return rows.size() < limit
                ? Optional.empty()
                : Optional.of(key(prefix, rows.getLast()).pack());
    }

    private static Tuple key(Tuple prefix, Wanted row) {
        return prefix.add(row.getNs().toByteArray())
                .add(row.getAtMillis())
                .add(row.getHash().toByteArray());
    }

    private static String text(Wanted row) {
        return HEX.toHexDigits(row.getAtMillis()) + Bytes.hash(row.getHash());
    }

    private static @Nullable TupleRange behind(Tuple prefix, String text) {
        try {
            if (text.length() != TIME_DIGITS + 2 * Sha256.BYTES) {
                return null;
            }
            long at = HexFormat.fromHexDigitsToLong(text, 0, TIME_DIGITS);
            Sha256 hash = Sha256.parse(text.substring(TIME_DIGITS));
            Tuple last = prefix.add(at).add(Bytes.of(hash).toByteArray());
            return RecordTransaction.after(prefix, last, false);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
