package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.holdfast.metadata.PolicyHold.Kind;
import dev.holdfast.metadata.PolicyHold.Rule;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.Upload;
import dev.holdfast.metadata.schema.MetadataRecords;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Retention;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Adds up what policies and leases keep. It reads what is in the trash, superseded or being
 * uploaded by the indexes that end it, page by page, a transaction each; nothing that is alive. For
 * one survey.
 */
final class Surveying {
    private static final int PAGE = 500;
    private static final long NEVER = Long.MAX_VALUE;

    private final RecordDatabase database;
    private final long nowMillis;
    private final boolean all;
    private final Map<Key, Sum> sums = new LinkedHashMap<>();
    private final Map<Kind, Integer> room = new EnumMap<>(Kind.class);
    private final Set<Kind> incomplete = EnumSet.noneOf(Kind.class);

    /**
     * @param all trash and old versions count as due
     * @param rowsMax read of each kind at most
     */
    Surveying(RecordDatabase database, long nowMillis, boolean all, int rowsMax) {
        this.database = database;
        this.nowMillis = nowMillis;
        this.all = all;
        for (Kind kind : Kind.values()) {
            room.put(kind, rowsMax);
        }
    }

    private record Key(Rule rule, int number, boolean due) {}

    private static final class Sum {
        private long items;
        private long bytes;
        private long leavesAtMillis = NEVER;
    }

    private void add(Key key, int items, long bytes, long leavesAtMillis) {
        Sum sum = sums.computeIfAbsent(key, k -> new Sum());
        sum.items += items;
        sum.bytes += bytes;
        sum.leavesAtMillis = Math.min(sum.leavesAtMillis, leavesAtMillis);
    }

    PolicySurvey result() {
        List<PolicyHold> holds = new ArrayList<>();
        sums.forEach((key, sum) ->
                holds.add(
                        new PolicyHold(
                                key.rule(),
                                key.number(),
                                key.due(),
                                sum.items,
                                sum.bytes,
                                sum.leavesAtMillis == NEVER
                                        ? OptionalLong.empty()
                                        : OptionalLong.of(sum.leavesAtMillis))));
        return new PolicySurvey(holds, incomplete);
    }

    /** How many rows the next page may have; 0, and remembered, when there is no room. */
    private int page(Kind kind) {
        int left = room.getOrDefault(kind, 0);
        if (left == 0) {
            incomplete.add(kind);
        }
        return Math.min(PAGE, left);
    }

    /** An empty page costs a read, too. */
    private void took(Kind kind, int rows) {
        room.merge(kind, -Math.max(1, rows), Integer::sum);
    }

    private <M extends Message> List<M> read(
            Class<M> as, Schema.Type type, String index, TupleRange range, int limit) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        as,
                                        type,
                                        index,
                                        range,
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(RecordTransaction.Stored::record)
                        .toList());
    }

    void trash(Namespace namespace) {
        Tuple prefix = RecordTransaction.parts(namespace.getNs());
        TupleRange range = TupleRange.allOf(prefix);
        int limit;
        while ((limit = page(Kind.TRASH)) > 0) {
            List<Node> nodes =
                    read(Node.class, Schema.Type.NODE, Schema.NODE_TRASHED, range, limit);
            took(Kind.TRASH, nodes.size());
            for (Node node : nodes) {
                long at = node.getTrashed(0).getAtMillis();
                Key key = trashKey(namespace.getRetention(), at);
                tree(key, node, key.number() == 0 ? NEVER : at + millis(key.number()));
            }
            if (nodes.size() < limit) {
                return;
            }
            Node last = nodes.getLast();
            Tuple end =
                    RecordTransaction.parts(
                            last.getNs(),
                            last.getTrashed(0).getAtMillis(),
                            Schema.Type.NODE.key(),
                            last.getNode());
            range = RecordTransaction.after(prefix, end, false);
        }
    }

    private Key trashKey(Retention policy, long atMillis) {
        int days = policy.getTrashDays();
        if (all) {
            return new Key(Rule.TRASH_ORDERED, 0, true);
        }
        return days == 0
                ? new Key(Rule.TRASH_FOREVER, 0, false)
                : new Key(Rule.TRASH_DAYS, days, isOver(atMillis, days));
    }

    /** The node and what lies below it; what was trashed before its folder was, lies elsewhere. */
    private void tree(Key key, Node top, long leavesAtMillis) {
        Deque<ByteString> folders = new ArrayDeque<>();
        count(key, top, leavesAtMillis, folders);
        while (!folders.isEmpty()) {
            Tuple folder = RecordTransaction.parts(top.getNs(), folders.pop());
            TupleRange range = TupleRange.allOf(folder);
            List<Node> children;
            int limit;
            do {
                limit = page(Kind.TRASH);
                if (limit == 0) {
                    return;
                }
                children = read(Node.class, Schema.Type.NODE, Schema.NODE_CHILD, range, limit);
                took(Kind.TRASH, children.size());
                for (Node child : children) {
                    count(key, child, leavesAtMillis, folders);
                }
                if (!children.isEmpty()) {
                    Tuple end = folder.add(children.getLast().getLiveNameKey(0));
                    range = RecordTransaction.after(folder, end, false);
                }
            } while (children.size() == limit);
        }
    }

    private void count(Key key, Node node, long leavesAtMillis, Deque<ByteString> folders) {
        boolean folder = node.getKind() == MetadataRecords.Kind.FOLDER;
        if (folder) {
            folders.push(node.getNode());
        }
        add(key, folder ? 0 : 1, node.getSize(), leavesAtMillis);
    }

    void versions(Namespace namespace) {
        Tuple prefix = RecordTransaction.parts(namespace.getNs());
        Tuple thinned = database.read(transaction -> Thinning.reached(transaction, namespace));
        TupleRange range =
                RecordTransaction.after(
                        prefix, RecordTransaction.parts(namespace.getNs(), 0L), true);
        int limit;
        while ((limit = page(Kind.OLD_VERSIONS)) > 0) {
            List<Version> versions =
                    read(
                            Version.class,
                            Schema.Type.VERSION,
                            Schema.VERSION_SUPERSEDED,
                            range,
                            limit);
            took(Kind.OLD_VERSIONS, versions.size());
            Tuple place = thinned;
            for (Version version : versions) {
                place = place(version);
                version(namespace.getRetention(), version, place.compareTo(thinned) <= 0);
            }
            if (versions.size() < limit) {
                return;
            }
            range = RecordTransaction.after(prefix, place, false);
        }
    }

    private static Tuple place(Version version) {
        return RecordTransaction.parts(
                version.getNs(),
                version.getSupersededAtMillis(),
                Schema.Type.VERSION.key(),
                version.getNode(),
                version.getContentRev());
    }

    private void version(Retention policy, Version version, boolean thinned) {
        long at = version.getSupersededAtMillis();
        int days = policy.getVersionDays();
        int daily = policy.getDailyAfterDays();
        long leaves = days == 0 ? NEVER : at + millis(days);
        Key key;
        if (all) {
            key = new Key(Rule.VERSION_ORDERED, 0, true);
        } else if (days > 0 && isOver(at, days)) {
            key = new Key(Rule.VERSION_DAYS, days, true);
        } else if (daily > 0 && isOver(at, daily)) {
            boolean goes = !thinned && VersionRules.isWithinADay(version);
            key = new Key(Rule.VERSION_DAILY, daily, goes);
        } else {
            if (daily > 0 && VersionRules.isWithinADay(version)) {
                leaves = Math.min(leaves, at + millis(daily));
            }
            key = kept(policy);
        }
        add(key, 1, version.getSize(), key.due() ? NEVER : leaves);
    }

    private static Key kept(Retention policy) {
        if (policy.getVersionDays() > 0) {
            return new Key(Rule.VERSION_DAYS, policy.getVersionDays(), false);
        }
        return policy.getVersionCount() > 0
                ? new Key(Rule.VERSION_COUNT, policy.getVersionCount(), false)
                : new Key(Rule.VERSION_FOREVER, 0, false);
    }

    void uploads() {
        TupleRange range = from(RecordTransaction.parts(nowMillis), true);
        int limit;
        while ((limit = page(Kind.UPLOADS)) > 0) {
            List<Upload> uploads =
                    read(Upload.class, Schema.Type.UPLOAD, Schema.UPLOAD_EXPIRY, range, limit);
            took(Kind.UPLOADS, uploads.size());
            uploads.forEach(this::open);
            if (uploads.size() < limit) {
                return;
            }
            Upload last = uploads.getLast();
            range =
                    from(
                            RecordTransaction.parts(
                                    last.getExpiresAtMillis(),
                                    Schema.Type.UPLOAD.key(),
                                    last.getUpload()),
                            false);
        }
    }

    /** Contents that are committed have left their upload: files and versions keep them. */
    private void open(Upload upload) {
        Key key = new Key(Rule.UPLOAD_LEASE, 0, false);
        Tuple prefix = RecordTransaction.parts(upload.getUpload());
        TupleRange range = TupleRange.allOf(prefix);
        int limit;
        while ((limit = page(Kind.UPLOADS)) > 0) {
            List<Owner> owners =
                    read(Owner.class, Schema.Type.OWNER, Schema.OWNER_UPLOAD, range, limit);
            took(Kind.UPLOADS, owners.size());
            for (Owner owner : owners) {
                add(key, 1, owner.getLength(), upload.getExpiresAtMillis());
            }
            if (owners.size() < limit) {
                return;
            }
            Tuple end =
                    RecordTransaction.parts(
                            upload.getUpload(),
                            Schema.Type.OWNER.key(),
                            owners.getLast().getOwner());
            range = RecordTransaction.after(prefix, end, false);
        }
    }

    private static TupleRange from(Tuple low, boolean inclusive) {
        return new TupleRange(
                low,
                null,
                inclusive ? EndpointType.RANGE_INCLUSIVE : EndpointType.RANGE_EXCLUSIVE,
                EndpointType.TREE_END);
    }

    private boolean isOver(long atMillis, int days) {
        return atMillis <= nowMillis - millis(days);
    }

    private static long millis(int days) {
        return Duration.ofDays(days).toMillis();
    }
}
