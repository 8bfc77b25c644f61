package dev.holdfast.metadata;

import dev.holdfast.metadata.schema.ChunkRecords;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@link WorkLeases} in records. */
final class RecordWorkLeases implements WorkLeases {
    private static final int HELD_MAX = 1_000;

    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordWorkLeases(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    /**
     * The fence: read serializably by every transaction that works under the lease, so that one
     * which a takeover overtook aborts.
     */
    static void check(RecordTransaction transaction, WorkLease lease) {
        boolean mine =
                load(transaction, lease.work())
                        .filter(row -> row.getToken() == lease.token())
                        .isPresent();
        if (!mine) {
            throw new LeaseLostException(lease.work());
        }
    }

    /** Whether somebody other than the lease's holder has the work now. */
    static boolean heldByAnother(
            RecordTransaction transaction, String work, WorkLease mine, long nowMillis) {
        return load(transaction, work)
                .filter(row -> row.getExpiresAtMillis() > nowMillis)
                .filter(row -> !row.getHolder().equals(mine.holder()))
                .isPresent();
    }

    private static Optional<ChunkRecords.WorkLease> load(
            RecordTransaction transaction, String work) {
        return transaction.get(ChunkRecords.WorkLease.class, Schema.Type.WORK_LEASE, work);
    }

    @Override
    public Optional<WorkLease> acquire(String work, String holder, Duration lifetime) {
        WorkLease wanted = new WorkLease(work, holder, config.random().nextLong());
        return database.write(transaction -> {
            long now = config.clock().millis();
            if (heldByAnother(transaction, work, wanted, now)) {
                return Optional.empty();
            }
            save(transaction, wanted, now + lifetime.toMillis());
            return Optional.of(wanted);
        });
    }

    @Override
    public void renew(WorkLease lease, Duration lifetime) {
        database.write(transaction -> {
            check(transaction, lease);
            save(transaction, lease, config.clock().millis() + lifetime.toMillis());
            return true;
        });
    }

    private static void save(RecordTransaction transaction, WorkLease lease, long expiresAtMillis) {
        transaction.join(
                transaction.save(
                        Schema.Type.WORK_LEASE,
                        ChunkRecords.WorkLease.newBuilder()
                                .setWork(lease.work())
                                .setHolder(lease.holder())
                                .setToken(lease.token())
                                .setExpiresAtMillis(expiresAtMillis)
                                .build()));
    }

    @Override
    public void release(WorkLease lease) {
        database.write(transaction -> {
            boolean mine =
                    load(transaction, lease.work())
                            .filter(row -> row.getToken() == lease.token())
                            .isPresent();
            return mine
                    && transaction.join(transaction.delete(Schema.Type.WORK_LEASE, lease.work()));
        });
    }

    @Override
    public Optional<Held> holder(String work) {
        long now = config.clock().millis();
        return database.read(transaction ->
                        transaction.join(
                                transaction.loadSnapshot(
                                        ChunkRecords.WorkLease.class,
                                        Schema.Type.WORK_LEASE,
                                        work)))
                .filter(row -> row.getExpiresAtMillis() > now)
                .map(RecordWorkLeases::view);
    }

    private static Held view(ChunkRecords.WorkLease row) {
        return new Held(row.getWork(), row.getHolder(), row.getExpiresAtMillis());
    }

    /** Ends them all, whoever holds them. */
    void endAll() {
        boolean more = true;
        while (more) {
            more =
                    database.write(transaction -> {
                        List<ChunkRecords.WorkLease> some = some(transaction);
                        transaction.joinAll(
                                some.stream()
                                        .map(row ->
                                                transaction.delete(
                                                        Schema.Type.WORK_LEASE, row.getWork()))
                                        .toList());
                        return some.size() == HELD_MAX;
                    });
        }
    }

    @Override
    public List<Held> held() {
        return database.read(transaction ->
                some(transaction).stream()
                        .map(row ->
                                new Held(row.getWork(), row.getHolder(), row.getExpiresAtMillis()))
                        .toList());
    }

    private static List<ChunkRecords.WorkLease> some(RecordTransaction transaction) {
        return transaction.join(
                transaction.byKey(
                        ChunkRecords.WorkLease.class,
                        Schema.Type.WORK_LEASE,
                        RecordTransaction.under(Schema.Type.WORK_LEASE),
                        RecordTransaction.forwardSnapshot(HELD_MAX)));
    }
}
