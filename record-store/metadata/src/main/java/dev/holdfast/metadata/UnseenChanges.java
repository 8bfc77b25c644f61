package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBRecordVersion;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.MetadataRecords.Change;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeSet;
import dev.holdfast.metadata.schema.MetadataRecords.ChangeType;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether somebody changed something below a folder that the author of its trash had not seen.
 *
 * <p>The head of the feed is read serializably: a change that commits meanwhile, wherever it is,
 * makes the trash run again. Without that read an edit below could be committed between the look
 * and the trash. The scan itself can then be at snapshot.
 */
final class UnseenChanges {
    /** Later change sets looked at; an author who is further behind has to catch up first. */
    private static final int SETS_MAX = 500;

    private final OpContext context;

    UnseenChanges(OpContext context) {
        this.context = context;
    }

    /**
     * Why the folder must not be trashed by one who has seen the feed up to the cursor; or null.
     */
    @Nullable Refusal below(Node folder, String seen) {
        RecordTransaction transaction = context.workspace().transaction();
        Namespace namespace = context.grant().namespace();
        @Nullable FDBRecordVersion head =
                RecordFeed.head(transaction, context.cell(), namespace.getNs());
        Optional<FeedCursor> cursor =
                RecordFeed.continued(transaction, context.cell(), namespace, head, seen);
        if (cursor.isEmpty()) {
            return RecordFeed.cursorReset();
        }
        if (cursor.get().state()) {
            return unseen(folder);
        }
        FDBRecordVersion from = cursor.get().version();
        boolean middle = cursor.get().position() > 0;
        List<Stored<ChangeSet>> sets =
                transaction.join(
                        transaction.byIndex(
                                ChangeSet.class,
                                Schema.Type.CHANGE_SET,
                                Schema.CHANGE_VERSION,
                                RecordFeed.after(context.cell(), namespace.getNs(), from, middle),
                                RecordTransaction.forwardSnapshot(SETS_MAX)));
        if (sets.size() == SETS_MAX) {
            return unseen(folder);
        }
        for (Stored<ChangeSet> stored : sets) {
            boolean same = from.equals(Objects.requireNonNull(stored.version()));
            if (touches(stored.record(), same ? cursor.get().position() : 0, folder)) {
                return unseen(folder);
            }
        }
        return null;
    }

    private boolean touches(ChangeSet set, int from, Node folder) {
        if (set.getDevice().equals(context.device())) {
            return false;
        }
        for (Change change : set.getEntryList().subList(from, set.getEntryCount())) {
            boolean adds =
                    change.getType() != ChangeType.CHANGE_TRASHED
                            && change.getType() != ChangeType.CHANGE_PURGED;
            ByteString id = change.getNode().getNode();
            if (adds && !id.equals(folder.getNode()) && isBelow(id, folder)) {
                return true;
            }
        }
        return false;
    }

    private boolean isBelow(ByteString id, Node folder) {
        return context.workspace()
                .node(id)
                .filter(node -> node.getTrashedCount() == 0)
                .filter(node -> context.tree().isWithin(node, folder.getNode()))
                .isPresent();
    }

    private static Refusal unseen(Node folder) {
        return new Refusal(
                ProblemCode.UNSEEN_CHANGES,
                "something below the folder changed meanwhile; read the changes and decide again",
                Images.state(folder));
    }
}
