package dev.holdfast.metadata;

import static com.apple.foundationdb.record.metadata.Key.Expressions.concat;
import static com.apple.foundationdb.record.metadata.Key.Expressions.field;
import static com.apple.foundationdb.record.metadata.Key.Expressions.recordType;

import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexOptions;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.expressions.GroupingKeyExpression;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression.FanType;
import com.apple.foundationdb.record.metadata.expressions.VersionKeyExpression;
import dev.holdfast.metadata.schema.ChunkRecords;
import dev.holdfast.metadata.schema.MetadataRecords;
import java.util.List;

/**
 * The Record Layer metadata of both stores: keys and indexes, described in docs/data-layout.md.
 *
 * <p>Every index belongs to one record type. A repeated field stands for "at most one" and keeps a
 * record out of its index while it is empty. Indexes are added with a higher version and never
 * renamed; the committed history of the schema checks it.
 */
final class Schema {
    /** Raised with every change of that store's schema; the history is kept and tested. */
    static final int METADATA_VERSION = 3;

    /** The same for the store chunks. */
    static final int CHUNKS_VERSION = 3;

    /** Live children of a folder, unique: (ns, parent, name key). */
    static final String NODE_CHILD = "node_child";

    /** State since: (ns, incarnation, version). */
    static final String NODE_VERSION = "node_version";

    /** What was trashed itself: (ns, trashed at). */
    static final String NODE_TRASHED = "node_trashed";

    /** Conflict copies: (ns, the node they are copies of). */
    static final String NODE_CONFLICT = "node_conflict";

    /** Nodes of a namespace, trash and tombstones included. */
    static final String NODE_COUNT = "node_count";

    /** Old versions: (ns, superseded at). */
    static final String VERSION_SUPERSEDED = "version_superseded";

    /** The feed: (ns, incarnation, version). */
    static final String CHANGE_VERSION = "change_version";

    /** The head of the feed, one key per (ns, incarnation), which watches look at. */
    static final String CHANGE_HEAD = "change_head";

    static final String ACCOUNT_NAME = "account_name";
    static final String DEVICE_TOKEN = "device_token";
    static final String DEVICE_ACCOUNT = "device_account";
    static final String MEMBER_ACCOUNT = "member_account";

    /** Jobs that are not finished, by due time. */
    static final String JOB_DUE = "job_due";

    /** Namespaces an account owns, for its quota. */
    static final String NAMESPACE_OWNER = "namespace_owner";

    /** Tombstones: (ns, purged at). */
    static final String NODE_PURGED = "node_purged";

    /** A node's history: (ns, incarnation, node, version). */
    static final String CHANGE_NODE = "change_node";

    /** Jobs that are finished, by when. */
    static final String JOB_FINISHED = "job_finished";

    /** Commit versions by wall clock. */
    static final String COMMIT_TIME_AT = "commit_time_at";

    static final String LINK_CODE_EXPIRY = "link_code_expiry";

    /** Contents of an upload that are not committed. */
    static final String OWNER_UPLOAD = "owner_upload";

    /** Contents whose references wait to be dropped, oldest first. */
    static final String OWNER_DOOMED = "owner_doomed";

    /** Plain bytes charged to a namespace. */
    static final String OWNER_BYTES = "owner_bytes";

    static final String UPLOAD_EXPIRY = "upload_expiry";

    /** Distinct chunks a long list names, per owner. */
    static final String NAMED_COUNT = "named_count";

    /** Chunks an owner has, per owner. */
    static final String REF_COUNT = "ref_count";

    /** Where chunks lie: (pack, offset). */
    static final String CHUNK_PLACE = "chunk_place";

    /** Stored bytes with a row, per pack: a hint for compaction. */
    static final String CHUNK_BYTES = "chunk_bytes";

    static final String PACK_STATE = "pack_state";

    /** Chunks with a row, per pack: with their bytes, what is not dead in it. */
    static final String CHUNK_COUNT = "chunk_count";

    /** Bytes of the packs' records, per state. */
    static final String PACK_BYTES = "pack_bytes";

    static final String PACK_COUNT = "pack_count";

    /** What the collection has to look at: (stage, shard, since). */
    static final String CANDIDATE_DUE = "candidate_due";

    /** Candidates, per stage and shard. */
    static final String CANDIDATE_COUNT = "candidate_count";

    /** Bytes whose grace has begun, per stage and shard. */
    static final String CANDIDATE_BYTES = "candidate_bytes";

    /** Chunks of which no good copy was found: (since). */
    static final String CHUNK_LOST = "chunk_lost";

    /** Packs to read, the most urgent first: (shard, due at). */
    static final String SCRUB_DUE = "scrub_due";

    /** Packs, the least recently verified first: (shard, verified at). */
    static final String SCRUB_VERIFIED = "scrub_verified";

    /** Packs that the last reading left with something unrepaired: (cause). */
    static final String SCRUB_TROUBLE = "scrub_trouble";

    /** Bytes in packs that are read, per shard. */
    static final String SCRUB_BYTES = "scrub_bytes";

    /** Background jobs that have not ended, oldest first. */
    static final String BACKGROUND_JOB_OPEN = "background_job_open";

    /** Traces of deleted packs, oldest first. */
    static final String DELETION_AT = "deletion_at";

    /** First element of every primary key; never reused. The order is that of the keys on disk. */
    enum Type {
        CELL("Cell", 1),
        ACCOUNT("Account", 2),
        LINK_CODE("LinkCodeRow", 3),
        DEVICE("Device", 4),
        DEVICE_OPS("DeviceOps", 5),
        DEVICE_CURSOR("DeviceCursor", 6),
        NAMESPACE("Namespace", 7),
        MEMBER("Member", 8),
        NODE("Node", 9),
        VERSION("Version", 10),
        CHANGE_SET("ChangeSet", 11),
        OP_RESULTS("OpResults", 12),
        JOB("Job", 13),
        COMMIT_TIME("CommitTime", 14),
        RETENTION_STATE("RetentionState", 15),
        ACCESS_EPOCH("AccessEpoch", 16),
        UPLOAD("Upload", 1),
        OWNER("Owner", 2),
        CONTENT("Content", 3),
        NAMED("Named", 4),
        REF("Ref", 5),
        CHUNK("Chunk", 6),
        PACK("Pack", 7),
        CANDIDATE("Candidate", 8),
        PACK_CANDIDATE("PackCandidate", 9),
        WORK_LEASE("WorkLease", 10),
        BACKGROUND_JOB("BackgroundJob", 11),
        DELETION("Deletion", 12),
        JOB_FINDING("JobFinding", 13),
        SCRUB("Scrub", 20),
        SCRUB_SHARD("ScrubShard", 21),
        SCRUB_NODE("ScrubNode", 22),
        WANTED("Wanted", 23);

        private final String record;
        private final long key;

        Type(String record, long key) {
            this.record = record;
            this.key = key;
        }

        String record() {
            return record;
        }

        long key() {
            return key;
        }

        /** In the store chunks; else in the store metadata. */
        boolean inChunks() {
            return compareTo(UPLOAD) >= 0;
        }

        /** Whether its records carry the version of the commit that wrote them last. */
        boolean versioned() {
            return this == NODE || this == CHANGE_SET;
        }
    }

    private Schema() {}

    static RecordMetaData metadata() {
        RecordMetaDataBuilder builder = RecordMetaData.newBuilder();
        builder.setRecords(MetadataRecords.getDescriptor());
        builder.setVersion(METADATA_VERSION);
        builder.setSplitLongRecords(true);
        builder.setStoreRecordVersions(true);
        key(builder, Type.CELL);
        key(builder, Type.ACCOUNT, field("account"));
        key(builder, Type.LINK_CODE, field("code_hash"));
        key(builder, Type.DEVICE, field("device"));
        key(builder, Type.DEVICE_OPS, field("device"));
        key(builder, Type.DEVICE_CURSOR, field("device"), field("ns"));
        key(builder, Type.NAMESPACE, field("ns"));
        key(builder, Type.MEMBER, field("ns"), field("account"));
        key(builder, Type.NODE, field("ns"), field("node"));
        key(builder, Type.VERSION, field("ns"), field("node"), field("content_rev"));
        key(builder, Type.CHANGE_SET, field("ns"), field("change"));
        key(builder, Type.OP_RESULTS, field("device"), field("first"));
        key(builder, Type.JOB, field("job"));

        value(builder, Type.ACCOUNT, ACCOUNT_NAME, true, field("name"));
        value(builder, Type.DEVICE, DEVICE_TOKEN, true, field("token_hash"));
        value(builder, Type.DEVICE, DEVICE_ACCOUNT, false, field("account"));
        value(builder, Type.MEMBER, MEMBER_ACCOUNT, false, concat(field("account"), field("ns")));
        value(
                builder,
                Type.NODE,
                NODE_CHILD,
                true,
                concat(field("ns"), field("parent"), field("live_name_key", FanType.FanOut)));
        value(
                builder,
                Type.NODE,
                NODE_TRASHED,
                false,
                concat(field("ns"), field("trashed", FanType.FanOut).nest("at_millis")));
        value(
                builder,
                Type.NODE,
                NODE_CONFLICT,
                false,
                concat(field("ns"), field("conflict_of", FanType.FanOut)));
        value(
                builder,
                Type.VERSION,
                VERSION_SUPERSEDED,
                false,
                concat(field("ns"), field("superseded_at_millis")));
        value(builder, Type.JOB, JOB_DUE, false, field("due_at_millis", FanType.FanOut));
        SchemaSecond.add(builder);
        KeyExpression feed =
                concat(field("ns"), field("incarnation"), VersionKeyExpression.VERSION);
        add(builder, Type.NODE, new Index(NODE_VERSION, feed, IndexTypes.VERSION));
        add(builder, Type.CHANGE_SET, new Index(CHANGE_VERSION, feed, IndexTypes.VERSION));
        add(
                builder,
                Type.CHANGE_SET,
                new Index(
                        CHANGE_HEAD,
                        new GroupingKeyExpression(feed, 1),
                        IndexTypes.MAX_EVER_VERSION));
        add(
                builder,
                Type.NODE,
                new Index(NODE_COUNT, new GroupingKeyExpression(field("ns"), 0), IndexTypes.COUNT));
        return builder.getRecordMetaData();
    }

    static RecordMetaData chunks() {
        RecordMetaDataBuilder builder = RecordMetaData.newBuilder();
        builder.setRecords(ChunkRecords.getDescriptor());
        builder.setVersion(CHUNKS_VERSION);
        builder.setSplitLongRecords(false);
        builder.setStoreRecordVersions(false);
        key(builder, Type.UPLOAD, field("upload"));
        key(builder, Type.OWNER, field("owner"));
        key(builder, Type.CONTENT, field("owner"), field("part"));
        key(builder, Type.NAMED, field("owner"), field("hash"));
        key(builder, Type.REF, field("hash"), field("ns"), field("owner"));
        key(builder, Type.CHUNK, field("hash"));
        key(builder, Type.PACK, field("pack"));
        key(builder, Type.CANDIDATE, field("hash"));
        key(builder, Type.PACK_CANDIDATE, field("pack"));
        key(builder, Type.WORK_LEASE, field("work"));
        key(builder, Type.BACKGROUND_JOB, field("job"));
        key(builder, Type.DELETION, field("pack"));
        key(builder, Type.JOB_FINDING, field("job"), field("number"));

        value(builder, Type.UPLOAD, UPLOAD_EXPIRY, false, field("expires_at_millis"));
        value(builder, Type.OWNER, OWNER_UPLOAD, false, field("open_upload", FanType.FanOut));
        value(builder, Type.OWNER, OWNER_DOOMED, false, field("doomed_at_millis", FanType.FanOut));
        value(builder, Type.CHUNK, CHUNK_PLACE, false, concat(field("pack"), field("offset")));
        value(builder, Type.PACK, PACK_STATE, false, field("state"));
        collection(builder);
        repair(builder);
        add(
                builder,
                Type.OWNER,
                new Index(
                        OWNER_BYTES, field("charged_bytes").groupBy(field("ns")), IndexTypes.SUM));
        add(
                builder,
                Type.CHUNK,
                new Index(
                        CHUNK_BYTES,
                        field("stored_length").groupBy(field("pack")),
                        IndexTypes.SUM,
                        IndexOptions.EMPTY_OPTIONS));
        add(
                builder,
                Type.NAMED,
                new Index(
                        NAMED_COUNT,
                        new GroupingKeyExpression(field("owner"), 0),
                        IndexTypes.COUNT));
        add(
                builder,
                Type.REF,
                new Index(
                        REF_COUNT, new GroupingKeyExpression(field("owner"), 0), IndexTypes.COUNT));
        return builder.getRecordMetaData();
    }

    /** What only the collection and other background work need. */
    private static void collection(RecordMetaDataBuilder builder) {
        value(
                builder,
                Type.BACKGROUND_JOB,
                BACKGROUND_JOB_OPEN,
                false,
                field("open_since_millis", FanType.FanOut));
        value(builder, Type.DELETION, DELETION_AT, false, field("at_millis"));
        value(
                builder,
                Type.CANDIDATE,
                CANDIDATE_DUE,
                false,
                concat(field("stage"), field("shard"), field("since_millis")));
        add(
                builder,
                Type.CANDIDATE,
                new Index(
                        CANDIDATE_COUNT,
                        new GroupingKeyExpression(concat(field("stage"), field("shard")), 0),
                        IndexTypes.COUNT));
        add(
                builder,
                Type.CANDIDATE,
                new Index(
                        CANDIDATE_BYTES,
                        field("stored_bytes").groupBy(field("stage"), field("shard")),
                        IndexTypes.SUM));
        add(
                builder,
                Type.CHUNK,
                new Index(
                        CHUNK_COUNT,
                        new GroupingKeyExpression(field("pack"), 0),
                        IndexTypes.COUNT));
        add(
                builder,
                Type.PACK,
                new Index(PACK_BYTES, field("length").groupBy(field("state")), IndexTypes.SUM));
        add(
                builder,
                Type.PACK,
                new Index(
                        PACK_COUNT,
                        new GroupingKeyExpression(field("state"), 0),
                        IndexTypes.COUNT));
    }

    /** What only scrub and repair need. */
    private static void repair(RecordMetaDataBuilder builder) {
        key(builder, Type.SCRUB, field("pack"));
        key(builder, Type.SCRUB_SHARD, field("shard"));
        key(builder, Type.SCRUB_NODE, field("node"));
        key(builder, Type.WANTED, field("ns"), field("at_millis"), field("hash"));
        builder.getRecordType(Type.WANTED.record).setSinceVersion(RecordWanted.SINCE);
        value(builder, Type.CHUNK, CHUNK_LOST, false, field("lost_at_millis", FanType.FanOut));
        value(
                builder,
                Type.SCRUB,
                SCRUB_DUE,
                false,
                concat(field("shard"), field("due_at_millis")));
        value(
                builder,
                Type.SCRUB,
                SCRUB_VERIFIED,
                false,
                concat(field("shard"), field("verified_at_millis")));
        value(builder, Type.SCRUB, SCRUB_TROUBLE, false, field("trouble", FanType.FanOut));
        add(
                builder,
                Type.SCRUB,
                new Index(SCRUB_BYTES, field("length").groupBy(field("shard")), IndexTypes.SUM));
    }

    static void key(RecordMetaDataBuilder builder, Type type, KeyExpression... fields) {
        KeyExpression[] parts = new KeyExpression[fields.length + 1];
        parts[0] = recordType();
        System.arraycopy(fields, 0, parts, 1, fields.length);
        KeyExpression key = parts.length == 1 ? parts[0] : concat(List.of(parts));
        builder.getRecordType(type.record).setRecordTypeKey(type.key);
        builder.getRecordType(type.record).setPrimaryKey(key);
    }

    static void value(
            RecordMetaDataBuilder builder,
            Type type,
            String name,
            boolean unique,
            KeyExpression key) {
        add(
                builder,
                type,
                new Index(
                        name,
                        key,
                        IndexTypes.VALUE,
                        unique ? IndexOptions.UNIQUE_OPTIONS : IndexOptions.EMPTY_OPTIONS));
    }

    static void add(RecordMetaDataBuilder builder, Type type, Index index) {
        IndexPlaces.set(index);
        builder.addIndex(type.record, index);
    }
}
