package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import dev.holdfast.metadata.jobs.BackgroundJobs;

/**
 * The collection's and repair's side of a cell's metadata: everything that removes references,
 * chunks and packs, or moves them. Safe for many threads; there is nothing to close.
 *
 * <p>Why it is safe: whoever removes a Chunk row reads all its references, and whoever adds a
 * reference reads the Chunk row, both serializably. Each reads what the other writes, so that of
 * two that meet one aborts. A pack goes the same way: whoever takes it away reads the places in it,
 * and whoever puts a chunk there reads the Pack.
 */
public final class CollectionStore {
    private final RecordWorkLeases leases;
    private final GarbageRows garbage;
    private final PackRows packs;
    private final LossRows losses;
    private final RecordBackgroundJobs jobs;
    private final AuditRows audit;

    CollectionStore(RecordDatabase database, MetadataConfig config) {
        leases = new RecordWorkLeases(database, config);
        garbage = new RecordGarbageRows(database, config);
        packs = new RecordPackRows(database, config);
        losses = new RecordLossRows(database, config);
        jobs = new RecordBackgroundJobs(database, config);
        audit = new RecordAuditRows(database);
    }

    /**
     * On a database whose cell exists already: {@link MetadataStore#open} comes first.
     *
     * @param config its clock and randomness are used, nothing else
     */
    public static CollectionStore open(FDBDatabase database, MetadataConfig config) {
        return new CollectionStore(new RecordDatabase(database, null), config);
    }

    /**
     * As the other, counting as {@link MetadataStore#open(FDBDatabase, MetadataConfig,
     * FDBStoreTimer)}.
     */
    public static CollectionStore open(
            FDBDatabase database, MetadataConfig config, FDBStoreTimer timer) {
        return new CollectionStore(new RecordDatabase(database, timer), config);
    }

    /**
     * Ends every lease and makes every running job free to be taken, without waiting for their time
     * to run out. Only for a process that has just got the database for itself: whoever held them
     * is gone then.
     */
    public void takeOver() {
        leases.endAll();
        jobs.freeAll();
    }

    public WorkLeases leases() {
        return leases;
    }

    public GarbageRows garbage() {
        return garbage;
    }

    public PackRows packs() {
        return packs;
    }

    public LossRows losses() {
        return losses;
    }

    public BackgroundJobs jobs() {
        return jobs;
    }

    public AuditRows audit() {
        return audit;
    }
}
