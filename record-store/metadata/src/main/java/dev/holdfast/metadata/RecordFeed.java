package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.DeviceCursor;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Done;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.WantedChunks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@link Feed} in records. */
final class RecordFeed implements Feed {
    /** Change sets read at once; one holds the changes of a whole transaction. */
    private static final int SETS_PER_READ = 16;

    /** An ack that moves nothing is written all the same after this time, as a sign of life. */
    private static final long SEEN_MILLIS = Duration.ofMinutes(5).toMillis();

    private final RecordDatabase database;
    private final Access access;
    private final MetadataConfig config;
    private final Watches watches;

    RecordFeed(RecordDatabase database, Access access, MetadataConfig config, Watches watches) {
        this.database = database;
        this.access = access;
        this.config = config;
        this.watches = watches;
    }

    @Override
    public Answer<ChangesPage> changes(
            Caller caller, NamespaceId namespace, @Nullable String cursor, int limit) {
        if (limit < 1 || limit > Limits.PAGE_ENTRIES_MAX) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "a page holds 1 to " + Limits.PAGE_ENTRIES_MAX + " entries");
        }
        return database.read(transaction ->
                switch (access.enter(transaction, caller, namespace, Role.VIEWER)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(var grant) ->
                            page(transaction, grant.namespace(), cursor, limit);
                });
    }

    private static Answer<ChangesPage> page(
            RecordTransaction transaction, Namespace namespace, @Nullable String text, int limit) {
        Cell cell = Cells.load(transaction);
        FDBRecordVersion head = head(transaction, cell, namespace.getNs());
        if (text == null) {
            FeedCursor first = FeedCursor.first(cell, transaction.readVersion());
            return Answer.ok(statePage(transaction, cell, namespace, first, head, limit));
        }
        Optional<FeedCursor> cursor = continued(transaction, cell, namespace, head, text);
        if (cursor.isEmpty()) {
            return reset();
        }
        return Answer.ok(
                cursor.get().state()
                        ? statePage(transaction, cell, namespace, cursor.get(), head, limit)
                        : changesPage(transaction, cell, namespace, cursor.get(), limit));
    }

    /** The cursor of the text, if the feed can be continued from it. */
    static Optional<FeedCursor> continued(
            RecordTransaction transaction,
            Cell cell,
            Namespace namespace,
            @Nullable FDBRecordVersion head,
            String text) {
        return FeedCursor.parse(cell, namespace.getNs(), text)
                .filter(c -> c.continues(cell, namespace, head, transaction.readVersion()));
    }

    private static <T> Answer<T> reset() {
        return Answer.refused(cursorReset());
    }

    static Refusal cursorReset() {
        return Refusal.of(
                ProblemCode.CURSOR_RESET,
                "the cursor cannot be continued; read the changes without one and merge");
    }

    /** The head, read serializably: who depends on it conflicts with every change. */
    static @Nullable FDBRecordVersion head(
            RecordTransaction transaction, Cell cell, ByteString ns) {
        return transaction
                .join(
                        transaction.maxVersion(
                                Schema.Type.CHANGE_SET,
                                Schema.CHANGE_HEAD,
                                false,
                                ns,
                                cell.getIncarnation()))
                .orElse(null);
    }

    private static ChangesPage statePage(
            RecordTransaction transaction,
            Cell cell,
            Namespace namespace,
            FeedCursor from,
            @Nullable FDBRecordVersion head,
            int limit) {
        List<Stored<Node>> nodes =
                transaction.join(
                        transaction.byIndex(
                                Node.class,
                                Schema.Type.NODE,
                                Schema.NODE_VERSION,
                                afterNode(namespace.getNs(), from),
                                RecordTransaction.forwardSnapshot(limit + 1)));
        boolean more = nodes.size() > limit;
        List<ChangeEntry> entries = new ArrayList<>();
        FDBRecordVersion last = from.version();
        int incarnation = from.position();
        for (Stored<Node> stored : nodes.subList(0, Math.min(limit, nodes.size()))) {
            last = Objects.requireNonNull(stored.version());
            Node node = stored.record();
            incarnation = node.getIncarnation();
            boolean root = !node.hasParent() && !node.getPurged();
            boolean before =
                    incarnation < cell.getIncarnation() || last.compareTo(from.start()) <= 0;
            boolean forgotten = node.getPurged() && before;
            if (!root && !forgotten) {
                ChangeKind kind = node.getPurged() ? ChangeKind.PURGED : ChangeKind.STATE;
                entries.add(new ChangeEntry(kind, Images.state(node), null));
            }
        }
        FeedCursor next =
                more
                        ? from.after(cell, incarnation, last)
                        : FeedCursor.changes(
                                cell,
                                Objects.requireNonNullElse(head, FDBRecordVersion.MIN_VERSION),
                                0);
        return new ChangesPage(entries, next.text(cell, namespace.getNs()), more);
    }

    private static ChangesPage changesPage(
            RecordTransaction transaction,
            Cell cell,
            Namespace namespace,
            FeedCursor from,
            int limit) {
        List<ChangeEntry> entries = new ArrayList<>();
        FDBRecordVersion at = from.version();
        int position = from.position();
        boolean more = true;
        while (more && entries.size() < limit) {
            List<Stored<ChangeSet>> sets = sets(transaction, cell, namespace, at, position > 0);
            more = sets.size() == SETS_PER_READ;
            for (int i = 0; i < sets.size(); i++) {
                ChangeSet set = sets.get(i).record();
                FDBRecordVersion version = Objects.requireNonNull(sets.get(i).version());
                int next = version.equals(at) ? position : 0;
                int end = Math.min(set.getEntryCount(), next + limit - entries.size());
                for (; next < end; next++) {
                    entries.add(Images.entry(set.getEntry(next)));
                }
                at = version;
                position = end < set.getEntryCount() ? end : 0;
                if (entries.size() == limit) {
                    more |= position > 0 || i + 1 < sets.size();
                    break;
                }
            }
        }
        String text = FeedCursor.changes(cell, at, position).text(cell, namespace.getNs());
        return new ChangesPage(entries, text, more);
    }

    private static List<Stored<ChangeSet>> sets(
            RecordTransaction transaction,
            Cell cell,
            Namespace namespace,
            FDBRecordVersion at,
            boolean inclusive) {
        return transaction.join(
                transaction.byIndex(
                        ChangeSet.class,
                        Schema.Type.CHANGE_SET,
                        Schema.CHANGE_VERSION,
                        after(cell, namespace.getNs(), at, inclusive),
                        RecordTransaction.forwardSnapshot(SETS_PER_READ)));
    }

    /** The part of a version index of a namespace after a version. */
    static TupleRange after(Cell cell, ByteString ns, FDBRecordVersion version, boolean inclusive) {
        Tuple prefix = RecordTransaction.parts(ns, cell.getIncarnation());
        return RecordTransaction.after(prefix, prefix.add(version.toVersionstamp()), inclusive);
    }

    /** The rest of the state: nodes of all incarnations, one after the other. */
    private static TupleRange afterNode(ByteString ns, FeedCursor from) {
        Tuple prefix = RecordTransaction.parts(ns);
        // Cursors of older servers did not tell the incarnation; there was but one.
        int incarnation =
                from.position() == 0 && !from.version().equals(FDBRecordVersion.MIN_VERSION)
                        ? 1
                        : from.position();
        return RecordTransaction.after(
                prefix, prefix.add(incarnation).add(from.version().toVersionstamp()), false);
    }

    @Override
    public Answer<Optional<WantedChunks>> wanted(
            Caller caller, NamespaceId namespace, String after) {
        return database.read(
                transaction -> RecordWanted.list(transaction, access, caller, namespace, after));
    }

    @Override
    public Answer<Done> ack(Caller caller, NamespaceId namespace, String cursor) {
        return database.write(transaction ->
                switch (access.enter(transaction, caller, namespace, Role.VIEWER)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(var grant) -> ack(transaction, grant, cursor);
                });
    }

    private Answer<Done> ack(RecordTransaction transaction, Access.Grant grant, String text) {
        Cell cell = Cells.load(transaction);
        ByteString ns = grant.namespace().getNs();
        FDBRecordVersion head = head(transaction, cell, ns);
        Optional<FeedCursor> cursor = continued(transaction, cell, grant.namespace(), head, text);
        if (cursor.isEmpty()) {
            return reset();
        }
        Optional<DeviceCursor> known =
                transaction.get(DeviceCursor.class, Schema.Type.DEVICE_CURSOR, grant.device(), ns);
        long now = config.clock().millis();
        boolean forward = known.isEmpty() || ahead(cell, cursor.get(), known.get());
        boolean silent = known.isPresent() && now - known.get().getSeenAtMillis() > SEEN_MILLIS;
        if (forward || silent) {
            DeviceCursor.Builder row =
                    known.map(DeviceCursor::toBuilder).orElseGet(DeviceCursor::newBuilder);
            row.setDevice(grant.device()).setNs(ns).setSeenAtMillis(now);
            if (forward) {
                row.setVersion(ByteString.copyFrom(cursor.get().version().toBytes()))
                        .setPosition(cursor.get().position())
                        .setIncarnation(cell.getIncarnation());
            }
            transaction.join(transaction.save(Schema.Type.DEVICE_CURSOR, row.build()));
        }
        return Answer.ok(Done.DONE);
    }

    private static boolean ahead(Cell cell, FeedCursor cursor, DeviceCursor known) {
        if (cursor.state()) {
            return false;
        }
        int of = known.hasIncarnation() ? known.getIncarnation() : 1;
        if (of < cell.getIncarnation()) {
            return true;
        }
        FDBRecordVersion version = FDBRecordVersion.fromBytes(known.getVersion().toByteArray());
        int order = cursor.version().compareTo(version);
        return order > 0 || (order == 0 && cursor.position() > known.getPosition());
    }

    @Override
    public FeedLag lag(Duration present) {
        return new FeedLags(database, config.clock().millis()).read(present);
    }

    @Override
    public FeedWatch watch(NamespaceId namespace) {
        return watches.watch(namespace);
    }
}
