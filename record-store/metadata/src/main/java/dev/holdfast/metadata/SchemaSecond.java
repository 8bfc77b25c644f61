package dev.holdfast.metadata;

import static com.apple.foundationdb.record.metadata.Key.Expressions.concat;
import static com.apple.foundationdb.record.metadata.Key.Expressions.field;

import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression;
import com.apple.foundationdb.record.metadata.expressions.KeyExpression.FanType;
import com.apple.foundationdb.record.metadata.expressions.VersionKeyExpression;

/** What came to the store metadata with its second version, for retention, quotas and rewinds. */
final class SchemaSecond {
    private SchemaSecond() {}

    static void add(RecordMetaDataBuilder builder) {
        Schema.key(builder, Schema.Type.COMMIT_TIME, field("incarnation"), field("version"));
        Schema.key(builder, Schema.Type.RETENTION_STATE, field("ns"));
        Schema.key(builder, Schema.Type.ACCESS_EPOCH, field("account"));
        builder.getRecordType(Schema.Type.COMMIT_TIME.record()).setSinceVersion(IndexPlaces.SECOND);
        builder.getRecordType(Schema.Type.RETENTION_STATE.record())
                .setSinceVersion(IndexPlaces.SECOND);
        builder.getRecordType(Schema.Type.ACCESS_EPOCH.record())
                .setSinceVersion(IndexPlaces.SECOND);
        Schema.value(builder, Schema.Type.NAMESPACE, Schema.NAMESPACE_OWNER, false, field("owner"));
        Schema.value(
                builder,
                Schema.Type.NODE,
                Schema.NODE_PURGED,
                false,
                concat(field("ns"), field("purged_at_millis", FanType.FanOut)));
        Schema.value(
                builder,
                Schema.Type.JOB,
                Schema.JOB_FINISHED,
                false,
                field("finished_at_millis", FanType.FanOut));
        Schema.value(
                builder, Schema.Type.COMMIT_TIME, Schema.COMMIT_TIME_AT, false, field("at_millis"));
        Schema.value(
                builder,
                Schema.Type.LINK_CODE,
                Schema.LINK_CODE_EXPIRY,
                false,
                field("expires_at_millis"));
        KeyExpression history =
                concat(
                        field("ns"),
                        field("incarnation"),
                        field("entry", FanType.FanOut).nest(field("node").nest(field("node"))),
                        VersionKeyExpression.VERSION);
        Schema.add(
                builder,
                Schema.Type.CHANGE_SET,
                new Index(Schema.CHANGE_NODE, history, IndexTypes.VERSION));
    }
}
