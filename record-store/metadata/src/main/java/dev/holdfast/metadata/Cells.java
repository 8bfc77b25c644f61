package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Epoch;
import dev.holdfast.model.Id128;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The cell's own record: who it is, and the epochs by which a restored copy is noticed. */
final class Cells {
    /** What this version writes and understands. */
    static final int FORMAT = 1;

    /** Cursors of epochs older than these answer {@code cursor-reset}. */
    private static final int EPOCHS_MAX = 1_024;

    private static final int CURSOR_KEY_BYTES = 32;

    private Cells() {}

    /** Makes the cell or checks it, and begins an epoch where the process owns the directory. */
    static Cell open(RecordDatabase database, MetadataConfig config) {
        Id128 id = Id128.random(config.random());
        byte[] cursorKey = new byte[CURSOR_KEY_BYTES];
        config.random().nextBytes(cursorKey);
        long epoch = config.random().nextLong();
        long now = config.clock().millis();
        return database.write(transaction -> {
            Optional<Cell> found = transaction.get(Cell.class, Schema.Type.CELL);
            Cell.Builder cell =
                    found.map(Cell::toBuilder)
                            .orElseGet(() ->
                                    Cell.newBuilder()
                                            .setCell(Bytes.of(id))
                                            .setFormat(FORMAT)
                                            .setIncarnation(1)
                                            .setCreatedAtMillis(now)
                                            .setCursorKey(ByteString.copyFrom(cursorKey)));
            if (cell.getFormat() > FORMAT) {
                throw new IllegalStateException(
                        "this data was written by a newer version (format "
                                + cell.getFormat()
                                + "): use that version or a newer one");
            }
            boolean begun = cell.getEpochList().stream().anyMatch(e -> e.getEpoch() == epoch);
            if (begun || (found.isPresent() && !config.embedded())) {
                return cell.build();
            }
            addEpoch(cell, epoch, transaction.readVersion(), now);
            Cell made = cell.build();
            transaction.join(transaction.save(Schema.Type.CELL, made));
            return made;
        });
    }

    /** Begins an incarnation, of which nothing is in a cursor yet. */
    static int raiseIncarnation(RecordDatabase database, MetadataConfig config) {
        long epoch = config.random().nextLong();
        return database.write(transaction -> {
            Cell cell = load(transaction);
            // The epoch tells a second run, after an unknown commit, that it was done.
            if (current(cell).getEpoch() == epoch) {
                return cell.getIncarnation();
            }
            Cell.Builder next =
                    cell.toBuilder()
                            .setIncarnation(cell.getIncarnation() + 1)
                            .setIncarnationStart(transaction.readVersion());
            addEpoch(next, epoch, transaction.readVersion(), config.clock().millis());
            transaction.join(transaction.save(Schema.Type.CELL, next.build()));
            return next.getIncarnation();
        });
    }

    private static void addEpoch(Cell.Builder cell, long epoch, long startVersion, long now) {
        if (cell.getEpochCount() == EPOCHS_MAX) {
            cell.removeEpoch(0);
        }
        cell.addEpoch(
                Epoch.newBuilder()
                        .setEpoch(epoch)
                        .setStartVersion(startVersion)
                        .setBeganAtMillis(now));
    }

    /** Derived, so that whoever learns it cannot make cursors. */
    static byte[] signingSecret(Cell cell) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(cell.getCursorKey().toByteArray(), "HmacSHA256"));
            return mac.doFinal("signing".getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC", e);
        }
    }

    static Cell load(RecordTransaction transaction) {
        return transaction
                .get(Cell.class, Schema.Type.CELL)
                .orElseThrow(() -> new IllegalStateException("the cell's record is missing"));
    }

    /** The epoch new cursors are made in. */
    static Epoch current(Cell cell) {
        return cell.getEpoch(cell.getEpochCount() - 1);
    }
}
