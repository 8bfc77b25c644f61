package dev.holdfast.metadata;

import com.apple.foundationdb.record.metadata.Index;
import java.util.List;

/** Where each index lies in its store, and since which version of the schema. */
final class IndexPlaces {
    /** An index's place in its store, by position; append only. */
    private static final List<String> SUBSPACE_KEYS =
            List.of(
                    Schema.NODE_CHILD,
                    Schema.NODE_VERSION,
                    Schema.NODE_TRASHED,
                    Schema.NODE_CONFLICT,
                    Schema.NODE_COUNT,
                    Schema.VERSION_SUPERSEDED,
                    Schema.CHANGE_VERSION,
                    Schema.CHANGE_HEAD,
                    Schema.ACCOUNT_NAME,
                    Schema.DEVICE_TOKEN,
                    Schema.DEVICE_ACCOUNT,
                    Schema.MEMBER_ACCOUNT,
                    Schema.JOB_DUE,
                    Schema.OWNER_UPLOAD,
                    Schema.OWNER_DOOMED,
                    Schema.OWNER_BYTES,
                    Schema.UPLOAD_EXPIRY,
                    Schema.NAMED_COUNT,
                    Schema.REF_COUNT,
                    Schema.CHUNK_PLACE,
                    Schema.CHUNK_BYTES,
                    Schema.PACK_STATE,
                    Schema.CHUNK_COUNT,
                    Schema.PACK_BYTES,
                    Schema.PACK_COUNT,
                    Schema.CANDIDATE_DUE,
                    Schema.CANDIDATE_COUNT,
                    Schema.CANDIDATE_BYTES,
                    Schema.CHUNK_LOST,
                    Schema.SCRUB_DUE,
                    Schema.SCRUB_VERIFIED,
                    Schema.SCRUB_TROUBLE,
                    Schema.SCRUB_BYTES,
                    Schema.BACKGROUND_JOB_OPEN);

    /**
     * What the Record Layer counts the second version of the store metadata as: splitting long
     * records and keeping record versions count as changes of their own.
     */
    static final int SECOND = 4;

    /** The same for what came to the store metadata with its second version; from here on. */
    private static final long SECOND_SUBSPACE_KEY = 101;

    private static final List<String> SECOND_SUBSPACE_KEYS =
            List.of(
                    Schema.NAMESPACE_OWNER,
                    Schema.NODE_PURGED,
                    Schema.CHANGE_NODE,
                    Schema.JOB_FINISHED,
                    Schema.COMMIT_TIME_AT,
                    Schema.LINK_CODE_EXPIRY);

    /** What the Record Layer counts the third version of the store chunks as. */
    static final int CHUNKS_THIRD = 3;

    /** The same for what came to the store chunks with its third version; from here on. */
    private static final long CHUNKS_THIRD_SUBSPACE_KEY = 201;

    private static final List<String> CHUNKS_THIRD_SUBSPACE_KEYS = List.of(Schema.DELETION_AT);

    private IndexPlaces() {}

    /** Gives an index its place: a small number, for the name would stand in every key of it. */
    static void set(Index index) {
        String name = index.getName();
        int second = SECOND_SUBSPACE_KEYS.indexOf(name);
        int third = CHUNKS_THIRD_SUBSPACE_KEYS.indexOf(name);
        if (second >= 0) {
            set(index, SECOND_SUBSPACE_KEY + second, SECOND);
        } else if (third >= 0) {
            set(index, CHUNKS_THIRD_SUBSPACE_KEY + third, CHUNKS_THIRD);
        } else {
            set(index, SUBSPACE_KEYS.indexOf(name) + 1L, 1);
        }
    }

    private static void set(Index index, long subspaceKey, int version) {
        index.setSubspaceKey(subspaceKey);
        index.setAddedVersion(version);
        index.setLastModifiedVersion(version);
    }
}
