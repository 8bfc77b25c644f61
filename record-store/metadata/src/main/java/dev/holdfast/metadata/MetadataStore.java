package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.model.Id128;

/**
 * A cell's metadata on a FoundationDB database. Safe for many threads. Closing it ends its watches
 * and leaves the database open.
 */
public final class MetadataStore implements AutoCloseable {
    private final String cellId;
    private final Parts parts;
    private final Watches watches;

    private MetadataStore(String cellId, Parts parts, Watches watches) {
        this.cellId = cellId;
        this.parts = parts;
        this.watches = watches;
    }

    /**
     * Creates the cell, or checks that this version can work on the one that is there.
     *
     * @throws IllegalStateException when a newer version wrote it
     */
    public static MetadataStore open(FDBDatabase database, MetadataConfig config) {
        return open(new RecordDatabase(database, null), config);
    }

    static MetadataStore open(RecordDatabase database, MetadataConfig config) {
        database.create();
        String cellId = Id128.of(Cells.open(database, config).getCell().toByteArray()).toString();
        Access access = new Access();
        Watches watches = new Watches(database);
        RecordNamespaces namespaces = new RecordNamespaces(database, access, config, cellId);
        RecordAccounts accounts = new RecordAccounts(database, access, namespaces, config, cellId);
        Jobs jobs = new Jobs(database, config);
        Parts parts =
                new Parts(
                        accounts,
                        new RecordSecrets(database, access, accounts, config),
                        namespaces,
                        new RecordNodes(database, access, config, jobs),
                        new RecordFeed(database, access, config, watches),
                        new RecordUploads(database, access, config),
                        new RecordChunkRows(database, config),
                        new RecordUpkeep(database, config, jobs),
                        new RecordRewinds(database, access, config, jobs),
                        new RecordTreeJobs(database, access, config));
        return new MetadataStore(cellId, parts, watches);
    }

    /** Identity of the cell, 32 hexadecimal digits; another one is another server. */
    public String cellId() {
        return cellId;
    }

    public Accounts accounts() {
        return parts.accounts();
    }

    public Secrets secrets() {
        return parts.secrets();
    }

    /** For whoever signs addresses. */
    public AccessEpochs accessEpochs() {
        return parts.secrets();
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

    /** For whoever runs retention and long jobs. */
    public Upkeep upkeep() {
        return parts.upkeep();
    }

    public Rewinds rewinds() {
        return parts.rewinds();
    }

    /** The long work on namespaces, for whoever watches it. */
    public TreeJobs treeJobs() {
        return parts.treeJobs();
    }

    @Override
    public void close() {
        watches.close();
    }

    private record Parts(
            Accounts accounts,
            RecordSecrets secrets,
            Namespaces namespaces,
            Nodes nodes,
            Feed feed,
            Uploads uploads,
            ChunkRows chunks,
            Upkeep upkeep,
            Rewinds rewinds,
            TreeJobs treeJobs) {}
}
