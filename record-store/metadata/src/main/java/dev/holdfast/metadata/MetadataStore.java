package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import dev.holdfast.metadata.schema.MetadataRecords.Cell;
import dev.holdfast.model.Id128;

/**
 * A cell's metadata on a FoundationDB database. Safe for many threads. Closing it ends its watches
 * and leaves the database open.
 */
public final class MetadataStore implements AutoCloseable {
    private final String cellId;
    private final byte[] signingSecret;
    private final Parts parts;
    private final Watches watches;

    private MetadataStore(String cellId, byte[] signingSecret, Parts parts, Watches watches) {
        this.cellId = cellId;
        this.signingSecret = signingSecret;
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

    /**
     * As the other, with all that its transactions do counted.
     *
     * @param timer where it is counted; a listener of the database is told of writes only where
     *     there is one
     */
    public static MetadataStore open(
            FDBDatabase database, MetadataConfig config, FDBStoreTimer timer) {
        return open(new RecordDatabase(database, timer), config);
    }

    static MetadataStore open(RecordDatabase database, MetadataConfig config) {
        database.create();
        Cell cell = Cells.open(database, config);
        String cellId = Id128.of(cell.getCell().toByteArray()).toString();
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
        return new MetadataStore(cellId, Cells.signingSecret(cell), parts, watches);
    }

    /** Identity of the cell, 32 hexadecimal digits; another one is another server. */
    public String cellId() {
        return cellId;
    }

    /** 32 bytes that all who serve this cell share and nobody else knows, to derive keys from. */
    public byte[] signingSecret() {
        return signingSecret.clone();
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
