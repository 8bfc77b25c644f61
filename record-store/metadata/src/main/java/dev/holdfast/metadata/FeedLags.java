package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Account;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.Device;
import dev.holdfast.metadata.schema.MetadataRecords.DeviceCursor;
import dev.holdfast.metadata.schema.MetadataRecords.Member;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the oldest change that a device has not acknowledged. Reads snapshots, a page of
 * devices a transaction: what it answers is for people, and a moment old.
 */
final class FeedLags {
    private static final int DEVICES_PER_READ = 200;
    private static final int CURSORS_MAX = 1_000;

    private final RecordDatabase database;
    private final long nowMillis;
    private long presentMillis;
    private long awayMillis;

    FeedLags(RecordDatabase database, long nowMillis) {
        this.database = database;
        this.nowMillis = nowMillis;
    }

    /** What one page found, for its transaction may run again. */
    private record Page(@Nullable ByteString last, int devices, FeedLag lag) {}

    FeedLag read(Duration present) {
        int seen = 0;
        @Nullable ByteString last = null;
        Page page;
        do {
            @Nullable ByteString from = last;
            page = database.read(transaction -> page(transaction, from, present.toMillis()));
            presentMillis = Math.max(presentMillis, page.lag().presentMillis());
            awayMillis = Math.max(awayMillis, page.lag().awayMillis());
            last = page.last();
            seen += page.devices();
        } while (page.devices() == DEVICES_PER_READ && seen < Feed.LAG_DEVICES_MAX);
        return new FeedLag(presentMillis, awayMillis);
    }

    private Page page(RecordTransaction transaction, @Nullable ByteString from, long presentAge) {
        TupleRange devices =
                from == null
                        ? RecordTransaction.under(Schema.Type.DEVICE)
                        : RecordTransaction.after(
                                RecordTransaction.key(Schema.Type.DEVICE),
                                RecordTransaction.key(Schema.Type.DEVICE, from),
                                false);
        Cell cell = Cells.load(transaction);
        long present = 0;
        long away = 0;
        @Nullable ByteString last = from;
        List<Device> found =
                transaction.join(
                        transaction.byKey(
                                Device.class,
                                Schema.Type.DEVICE,
                                devices,
                                RecordTransaction.forwardSnapshot(DEVICES_PER_READ)));
        for (Device device : found) {
            last = device.getDevice();
            if (device.getRevoked() || disabled(transaction, device)) {
                continue;
            }
            for (DeviceCursor cursor : cursors(transaction, device)) {
                long lag = lag(transaction, cell, device, cursor);
                if (nowMillis - cursor.getSeenAtMillis() <= presentAge) {
                    present = Math.max(present, lag);
                } else {
                    away = Math.max(away, lag);
                }
            }
        }
        return new Page(last, found.size(), new FeedLag(present, away));
    }

    private static boolean disabled(RecordTransaction transaction, Device device) {
        return transaction
                .get(Account.class, Schema.Type.ACCOUNT, device.getAccount())
                .map(Account::getDisabled)
                .orElse(true);
    }

    private static List<DeviceCursor> cursors(RecordTransaction transaction, Device device) {
        return transaction.join(
                transaction.byKey(
                        DeviceCursor.class,
                        Schema.Type.DEVICE_CURSOR,
                        RecordTransaction.under(Schema.Type.DEVICE_CURSOR, device.getDevice()),
                        RecordTransaction.forwardSnapshot(CURSORS_MAX)));
    }

    /** A device that may not read a namespace any more is not behind in it. */
    private long lag(RecordTransaction transaction, Cell cell, Device device, DeviceCursor cursor) {
        Optional<Member> member =
                transaction.get(
                        Member.class, Schema.Type.MEMBER, cursor.getNs(), device.getAccount());
        if (member.isEmpty()) {
            return 0;
        }
        int of = cursor.hasIncarnation() ? cursor.getIncarnation() : 1;
        boolean now = of == cell.getIncarnation();
        FDBRecordVersion at =
                now
                        ? FDBRecordVersion.fromBytes(cursor.getVersion().toByteArray())
                        : FDBRecordVersion.MIN_VERSION;
        List<Stored<ChangeSet>> next =
                transaction.join(
                        transaction.byIndex(
                                ChangeSet.class,
                                Schema.Type.CHANGE_SET,
                                Schema.CHANGE_VERSION,
                                RecordFeed.after(
                                        cell, cursor.getNs(), at, now && cursor.getPosition() > 0),
                                RecordTransaction.forwardSnapshot(1)));
        return next.isEmpty() ? 0 : Math.max(0, nowMillis - next.getFirst().record().getAtMillis());
    }
}
