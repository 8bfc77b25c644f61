package dev.holdfast.model;

import dev.holdfast.model.chunking.FastCdc;

/** Every limit that server and client must agree on, with the relations between them checked. */
public final class Limits {
    /** A name's length in UTF-8 bytes. */
    public static final int NAME_BYTES_MAX = 255;

    /** Depth of a node below its root, checked when it is created or moved. */
    public static final int DEPTH_MAX = 128;

    /**
     * Ancestors a walk looks at before it gives up; moves of folders can exceed DEPTH_MAX below.
     */
    public static final int WALK_DEPTH_MAX = 1_024;

    /** Target of a symbolic link in UTF-8 bytes. */
    public static final int SYMLINK_BYTES_MAX = 4_096;

    public static final int CHUNK_BYTES_MAX = 4 << 20;

    /** Largest file: 1 TiB. */
    public static final long FILE_BYTES_MAX = 1L << 40;

    /** Chunks of one content: a 1 TiB file cut at the smallest chunk size. */
    public static final int CONTENT_CHUNKS_MAX = 1 << 22;

    /** Chunks named in one part of a content's declaration. */
    public static final int PART_CHUNKS_MAX = 1_000;

    /** Contents named in one declaration. */
    public static final int DECLARE_CONTENTS_MAX = 1_000;

    /** Chunks named in one declaration, over all its contents. */
    public static final int DECLARE_CHUNKS_MAX = 2_000;

    public static final int BATCH_OPS_MAX = 256;

    /** Entries of a page of the feed, of a listing or of a manifest. */
    public static final int PAGE_ENTRIES_MAX = 1_000;

    /** Chunks asked for in one framed download. */
    public static final int READ_CHUNKS_MAX = 1_000;

    /** Payload bytes of one framed body, either way; one chunk always fits. */
    public static final long FRAMED_BODY_BYTES_MAX = 64L << 20;

    /** A JSON body. */
    public static final int JSON_BODY_BYTES_MAX = 4 << 20;

    public static final int ACCOUNT_NAME_BYTES_MAX = 64;

    /** A shared namespace's name, for people. */
    public static final int NAMESPACE_NAME_BYTES_MAX = 128;

    public static final int NAMESPACE_MEMBERS_MAX = 200;

    /** Shared namespaces one account owns. */
    public static final int OWNED_NAMESPACES_MAX = 100;

    public static final int DEVICE_NAME_BYTES_MAX = 64;

    /** How long one request may hold the feed open. */
    public static final int FEED_WAIT_SECONDS_MAX = 55;

    public static final int FEED_WAIT_SECONDS_DEFAULT = 50;

    static {
        check(PART_CHUNKS_MAX <= DECLARE_CHUNKS_MAX);
        check(CHUNK_BYTES_MAX <= FRAMED_BODY_BYTES_MAX);
        check(FastCdc.MAX_BYTES <= CHUNK_BYTES_MAX);
        check(FILE_BYTES_MAX <= (long) CONTENT_CHUNKS_MAX * FastCdc.MIN_BYTES);
        check(DEPTH_MAX < WALK_DEPTH_MAX);
        check(FEED_WAIT_SECONDS_DEFAULT <= FEED_WAIT_SECONDS_MAX);
        // One declaration of a full part is about 120 bytes of JSON a chunk.
        check(DECLARE_CHUNKS_MAX * 120 < JSON_BODY_BYTES_MAX);
    }

    private Limits() {}

    private static void check(boolean holds) {
        if (!holds) {
            throw new IllegalStateException("limits contradict each other");
        }
    }
}
