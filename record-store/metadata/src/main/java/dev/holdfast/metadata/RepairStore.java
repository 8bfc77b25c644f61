package dev.holdfast.metadata;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;

/**
 * What scrub and repair keep, and the rows they mend. Safe for many threads; there is nothing to
 * close.
 */
public final class RepairStore {
    private final ScrubRows scrub;
    private final RepairRows rows;

    RepairStore(RecordDatabase database, MetadataConfig config) {
        scrub = new RecordScrubRows(database, config);
        rows = new RecordRepairRows(database, config);
    }

    /**
     * On a database whose cell exists already: {@link MetadataStore#open} comes first.
     *
     * @param config its clock and randomness are used, nothing else
     */
    public static RepairStore open(FDBDatabase database, MetadataConfig config) {
        return new RepairStore(new RecordDatabase(database, null), config);
    }

    public ScrubRows scrub() {
        return scrub;
    }

    public RepairRows rows() {
        return rows;
    }
}
