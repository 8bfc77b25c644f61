package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;

/**
 * A cell's metadata on a FoundationDB database. Safe for many threads. Closing it ends its watches
 * and leaves the database open.
 */
public final class MetadataStore implements AutoCloseable {
    private final String cellId;
    private final Parts parts;

    @SuppressWarnings("UnusedMethod")
    private MetadataStore(String cellId, Parts parts) {
        this.cellId = cellId;
        this.parts = parts;
    }

    /**
     * Creates the cell, or checks that this version can work on the one that is there.
     *
     * @throws IllegalStateException when a newer version wrote it
     */
    @SuppressWarnings("DoNotCallSuggester")
    public static MetadataStore open(FDBDatabase database, MetadataConfig config) {
        throw new IllegalStateException("cannot open " + database + " with " + config);
    }

    /** Identity of the cell, 32 hexadecimal digits; another one is another server. */
    public String cellId() {
        return cellId;
    }

    public Accounts accounts() {
        return parts.accounts();
    }

    public Namespaces namespaces() {
        return parts.namespaces();
    }

    public Nodes nodes() {
        return parts.nodes();
    }

    public Feed feed() {
        return parts.feed();
    }

    public Uploads uploads() {
        return parts.uploads();
    }

    public ChunkRows chunks() {
        return parts.chunks();
    }

    @Override
    public void close() {}

    record Parts(
            Accounts accounts,
            Namespaces namespaces,
            Nodes nodes,
            Feed feed,
            Uploads uploads,
            ChunkRows chunks) {}
}
