package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Upload;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The bytes an upload announced when it began, held against the quota until its contents are
 * declared: what was let in can be finished, whatever others upload meanwhile.
 *
 * <p>A reservation is an Owner without a list, charged with what is not declared yet, so that one
 * sum tells what a namespace is charged, and so that it ends with its upload like the rest of it.
 * Its id follows from the upload's. It goes when it is used up.
 */
final class Reservations {
    private static final byte[] PURPOSE = "reservation".getBytes(StandardCharsets.US_ASCII);
    private static final int ID_BYTES = 16;

    private Reservations() {}

    /** The row of a new upload; empty where nothing was announced. */
    static Optional<Owner> of(Upload upload) {
        return upload.getDeclaredBytes() == 0
                ? Optional.empty()
                : Optional.of(
                        Owner.newBuilder()
                                .setOwner(id(upload.getUpload()))
                                .setState(OwnerState.OPEN)
                                .setNs(upload.getNs())
                                .setAccount(upload.getAccount())
                                .setDevice(upload.getDevice())
                                .addOpenUpload(upload.getUpload())
                                .setParts(0)
                                .setChargedBytes(upload.getDeclaredBytes())
                                .build());
    }

    private static ByteString id(ByteString upload) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(PURPOSE);
            return ByteString.copyFrom(digest.digest(upload.toByteArray()), 0, ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    /** Whether a row is a reservation: every content that was declared has a part. */
    static boolean is(Owner owner) {
        return owner.getParts() == 0;
    }

    /**
     * What an upload still has reserved. It is read before the quota is looked at and written
     * after: the sum that is looked at must contain it.
     */
    record Held(Optional<Owner> row) {
        /** So many of the bytes are covered. */
        long covers(long bytes) {
            return Math.min(bytes, row.map(Owner::getChargedBytes).orElse(0L));
        }

        /** Turns what is reserved into what is declared, as far as it goes. */
        CompletableFuture<?> take(RecordTransaction transaction, long bytes) {
            if (row.isEmpty() || bytes == 0) {
                return CompletableFuture.completedFuture(null);
            }
            long left = row.get().getChargedBytes() - bytes;
            return left <= 0
                    ? transaction.delete(Schema.Type.OWNER, row.get().getOwner())
                    : transaction.save(
                            Schema.Type.OWNER, row.get().toBuilder().setChargedBytes(left).build());
        }
    }

    static Held held(RecordTransaction transaction, Upload upload) {
        return upload.getDeclaredBytes() == 0
                ? new Held(Optional.empty())
                : new Held(
                        transaction
                                .join(Owners.load(transaction, id(upload.getUpload())))
                                .filter(Reservations::is)
                                .filter(owner -> owner.getState() == OwnerState.OPEN));
    }
}
