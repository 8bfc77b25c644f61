package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.Epoch;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A place in the feed of one namespace. Its text is opaque and authenticated, for this namespace of
 * this cell.
 *
 * <p>A reader without a cursor first gets the state, in the order of the nodes' versions, from a
 * scan that stretches over many transactions: a node that changes meanwhile moves to the end of the
 * index and is met again. The page that exhausts that index hands out a cursor of changes, at the
 * head of its own read version; so nothing can fall between the two.
 *
 * @param state true while the state is being read, false for changes
 * @param epoch the epoch the cursor was made in
 * @param version everything up to it is known to the reader
 * @param position changes: how many entries of the change set at {@code version} were read; 0 when
 *     all were. State: the incarnation {@code version} belongs to; 0 before the first node
 * @param start state: the end of what the first page could see; older tombstones are of no use
 */
record FeedCursor(
        boolean state,
        int incarnation,
        long epoch,
        FDBRecordVersion version,
        int position,
        FDBRecordVersion start) {
    private static final byte LAYOUT = 1;
    private static final int PAYLOAD_BYTES =
            1 + 1 + 4 + 8 + 2 * FDBRecordVersion.VERSION_LENGTH + 4;
    private static final int MAC_BYTES = 16;

    /** In the state, after a node of an incarnation. */
    FeedCursor after(Cell cell, int incarnationOfNode, FDBRecordVersion node) {
        return new FeedCursor(
                true,
                cell.getIncarnation(),
                Cells.current(cell).getEpoch(),
                node,
                incarnationOfNode,
                start);
    }

    /** Before everything: the first page of the state. */
    static FeedCursor first(Cell cell, long readVersion) {
        return new FeedCursor(
                true,
                cell.getIncarnation(),
                Cells.current(cell).getEpoch(),
                FDBRecordVersion.MIN_VERSION,
                0,
                FDBRecordVersion.lastInDBVersion(readVersion));
    }

    /** In the changes, after a version, or in the middle of the set that has it. */
    static FeedCursor changes(Cell cell, FDBRecordVersion version, int position) {
        return new FeedCursor(
                false,
                cell.getIncarnation(),
                Cells.current(cell).getEpoch(),
                version,
                position,
                FDBRecordVersion.MIN_VERSION);
    }

    String text(Cell cell, ByteString namespace) {
        ByteBuffer buffer = ByteBuffer.allocate(PAYLOAD_BYTES + MAC_BYTES);
        buffer.put(LAYOUT).put((byte) (state ? 1 : 0)).putInt(incarnation).putLong(epoch);
        buffer.put(version.toBytes()).putInt(position).put(start.toBytes());
        byte[] payload = Arrays.copyOf(buffer.array(), PAYLOAD_BYTES);
        buffer.put(mac(cell, namespace, payload));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(buffer.array());
    }

    /** The cursor of a text this cell made for this namespace; empty for any other text. */
    static Optional<FeedCursor> parse(Cell cell, ByteString namespace, String text) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        if (bytes.length != PAYLOAD_BYTES + MAC_BYTES || bytes[0] != LAYOUT) {
            return Optional.empty();
        }
        byte[] payload = Arrays.copyOf(bytes, PAYLOAD_BYTES);
        byte[] sent = Arrays.copyOfRange(bytes, PAYLOAD_BYTES, bytes.length);
        if (!MessageDigest.isEqual(sent, mac(cell, namespace, payload))) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(payload, 1, PAYLOAD_BYTES - 1);
        return Optional.of(
                new FeedCursor(
                        buffer.get() == 1,
                        buffer.getInt(),
                        buffer.getLong(),
                        version(buffer),
                        buffer.getInt(),
                        version(buffer)));
    }

    private static FDBRecordVersion version(ByteBuffer buffer) {
        byte[] bytes = new byte[FDBRecordVersion.VERSION_LENGTH];
        buffer.get(bytes);
        return FDBRecordVersion.fromBytes(bytes);
    }

    private static byte[] mac(Cell cell, ByteString namespace, byte[] payload) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(cell.getCursorKey().toByteArray(), "HmacSHA256"));
            mac.update(namespace.toByteArray());
            return Arrays.copyOf(mac.doFinal(payload), MAC_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no HMAC-SHA256", e);
        }
    }

    /**
     * Whether the feed can be continued here: the cursor is of this incarnation, of a history this
     * cell really has, not ahead of it, and not below what the feed has forgotten.
     *
     * @param head of the namespace, read at {@code readVersion}; null when nothing ever changed
     */
    boolean continues(
            Cell cell, Namespace namespace, @Nullable FDBRecordVersion head, long readVersion) {
        if (!isOf(cell, readVersion)) {
            return false;
        }
        long headVersion = head == null ? 0 : head.getDBVersion();
        if (!state && version.getDBVersion() > headVersion) {
            return false;
        }
        return state ? sawTombstones(cell, namespace) : isKept(cell, namespace);
    }

    /**
     * Whether it is of this incarnation, of a history this cell really has, and not ahead of it.
     */
    boolean isOf(Cell cell, long readVersion) {
        return incarnation == cell.getIncarnation()
                && version.getDBVersion() <= readVersion
                && inHistory(cell);
    }

    /** What was purged since a state read began must still be told. */
    private boolean sawTombstones(Cell cell, Namespace namespace) {
        return !hasFloors(cell, namespace)
                || !namespace.hasTombstoneFloor()
                || start.compareTo(version(namespace.getTombstoneFloor())) >= 0;
    }

    private boolean isKept(Cell cell, Namespace namespace) {
        if (!hasFloors(cell, namespace) || !namespace.hasChangeFloor()) {
            return true;
        }
        int order = version.compareTo(version(namespace.getChangeFloor()));
        return order > 0 || (order == 0 && position == 0);
    }

    /** Versions of an earlier incarnation cannot be compared with those of this one. */
    static boolean hasFloors(Cell cell, Namespace namespace) {
        int of = namespace.hasFloorIncarnation() ? namespace.getFloorIncarnation() : 1;
        return of == cell.getIncarnation();
    }

    static FDBRecordVersion version(ByteString bytes) {
        return FDBRecordVersion.fromBytes(bytes.toByteArray());
    }

    /**
     * A version above the start of the next epoch was committed by another copy of the directory.
     */
    private boolean inHistory(Cell cell) {
        for (int i = 0; i < cell.getEpochCount(); i++) {
            Epoch mine = cell.getEpoch(i);
            if (mine.getEpoch() == epoch) {
                return i + 1 == cell.getEpochCount()
                        || version.getDBVersion() <= cell.getEpoch(i + 1).getStartVersion();
            }
        }
        return false;
    }
}
