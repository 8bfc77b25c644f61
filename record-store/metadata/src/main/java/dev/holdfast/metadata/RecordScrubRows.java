package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.Scrub;
import dev.holdfast.metadata.schema.ChunkRecords.ScrubNode;
import dev.holdfast.metadata.schema.ChunkRecords.ScrubShard;
import dev.holdfast.model.PackId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** {@link ScrubRows} in records. */
final class RecordScrubRows implements ScrubRows {
    private static final int COUNT_MAX = 10_000;
    private static final int NODES_MAX = 10_000;

    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordScrubRows(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    @Override
    public int enroll(List<PackView> sealed) {
        return database.write(transaction -> {
            List<CompletableFuture<Optional<Scrub>>> known = new ArrayList<>();
            for (PackView pack : sealed) {
                known.add(
                        transaction.loadSnapshot(
                                Scrub.class, Schema.Type.SCRUB, Bytes.of(pack.pack())));
            }
            List<CompletableFuture<?>> writes = new ArrayList<>();
            for (int i = 0; i < sealed.size(); i++) {
                PackView pack = sealed.get(i);
                if (transaction.join(known.get(i)).isEmpty()) {
                    writes.add(
                            transaction.save(
                                    Schema.Type.SCRUB,
                                    Scrub.newBuilder()
                                            .setPack(Bytes.of(pack.pack()))
                                            .setShard(ScrubRows.shard(pack.pack()))
                                            .setVerifiedAtMillis(pack.sinceMillis())
                                            .setDueAtMillis(0)
                                            .setRound(0)
                                            .setLength(pack.length())
                                            .build()));
                }
            }
            transaction.joinAll(writes);
            return writes.size();
        });
    }

    @Override
    public List<ScrubPack> due(int shard, long dueByMillis, int limit) {
        return upTo(Schema.SCRUB_DUE, shard, dueByMillis, limit);
    }

    @Override
    public List<ScrubPack> unverified(int shard, long beforeMillis, int limit) {
        return upTo(Schema.SCRUB_VERIFIED, shard, beforeMillis - 1, limit);
    }

    private List<ScrubPack> upTo(String index, int shard, long lastMillis, int limit) {
        Tuple prefix = Tuple.from((long) shard);
        TupleRange range = RecordTransaction.before(prefix, prefix.add(lastMillis + 1));
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Scrub.class,
                                        Schema.Type.SCRUB,
                                        index,
                                        range,
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(Stored::record)
                        .map(RecordScrubRows::view)
                        .toList());
    }

    @Override
    public void urge(PackId pack) {
        database.write(transaction -> {
            Optional<Scrub> row = transaction.get(Scrub.class, Schema.Type.SCRUB, Bytes.of(pack));
            row.filter(found -> !found.getTroubleList().contains(ScrubRows.DOUBTFUL))
                    .ifPresent(found ->
                            transaction.join(
                                    transaction.save(
                                            Schema.Type.SCRUB,
                                            found.toBuilder()
                                                    .setDueAtMillis(0)
                                                    .addTrouble(ScrubRows.DOUBTFUL)
                                                    .build())));
            return row.isPresent();
        });
    }

    private static ScrubPack view(Scrub row) {
        return new ScrubPack(
                Bytes.pack(row.getPack()),
                row.getVerifiedAtMillis(),
                row.getDueAtMillis(),
                row.getRound(),
                row.getLength(),
                Set.copyOf(row.getTroubleList()));
    }

    @Override
    public Optional<ScrubPack> oldest(int shard) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byIndex(
                                        Scrub.class,
                                        Schema.Type.SCRUB,
                                        Schema.SCRUB_VERIFIED,
                                        TupleRange.allOf(Tuple.from((long) shard)),
                                        RecordTransaction.forwardSnapshot(1)))
                        .stream()
                        .findFirst()
                        .map(stored -> view(stored.record())));
    }

    @Override
    public Optional<ScrubPack> pack(PackId pack) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.loadSnapshot(
                                        Scrub.class, Schema.Type.SCRUB, Bytes.of(pack)))
                        .map(RecordScrubRows::view));
    }

    @Override
    public void verified(
            WorkLease lease,
            PackId pack,
            long verifiedAtMillis,
            long dueAtMillis,
            boolean nextRound,
            Set<String> trouble) {
        database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            Optional<Scrub> row = transaction.get(Scrub.class, Schema.Type.SCRUB, Bytes.of(pack));
            row.ifPresent(found ->
                    transaction.join(
                            transaction.save(
                                    Schema.Type.SCRUB,
                                    found.toBuilder()
                                            .setVerifiedAtMillis(verifiedAtMillis)
                                            .setDueAtMillis(dueAtMillis)
                                            .setRound(found.getRound() + (nextRound ? 1 : 0))
                                            .clearTrouble()
                                            .addAllTrouble(new TreeSet<>(trouble))
                                            .build())));
            return row.isPresent();
        });
    }

    @Override
    public void forget(WorkLease lease, PackId pack) {
        database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            return transaction.join(transaction.delete(Schema.Type.SCRUB, Bytes.of(pack)));
        });
    }

    @Override
    public Optional<ShardProgress> shard(int shard) {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.loadSnapshot(
                                        ScrubShard.class, Schema.Type.SCRUB_SHARD, (long) shard))
                        .map(row ->
                                new ShardProgress(
                                        row.getShard(),
                                        row.getCycle(),
                                        row.getStartedAtMillis(),
                                        row.getDoneBytes(),
                                        row.getTotalBytes(),
                                        row.getLastCycleMillis())));
    }

    @Override
    public void progress(WorkLease lease, ShardProgress progress) {
        database.write(transaction -> {
            RecordWorkLeases.check(transaction, lease);
            transaction.join(
                    transaction.save(
                            Schema.Type.SCRUB_SHARD,
                            ScrubShard.newBuilder()
                                    .setShard(progress.shard())
                                    .setCycle(progress.cycle())
                                    .setStartedAtMillis(progress.startedAtMillis())
                                    .setDoneBytes(progress.doneBytes())
                                    .setTotalBytes(progress.totalBytes())
                                    .setLastCycleMillis(progress.lastCycleMillis())
                                    .build()));
            return true;
        });
    }

    @Override
    public long bytes(int shard) {
        return database.read(transaction ->
                transaction.join(
                        transaction.sum(
                                Schema.Type.SCRUB, Schema.SCRUB_BYTES, true, (long) shard)));
    }

    @Override
    public Map<String, Long> trouble() {
        return database.read(transaction -> {
            Map<String, Long> counts = new TreeMap<>();
            transaction
                    .join(
                            transaction.entries(
                                    Schema.Type.SCRUB,
                                    Schema.SCRUB_TROUBLE,
                                    TupleRange.ALL,
                                    RecordTransaction.forwardSnapshot(COUNT_MAX)))
                    .forEach(entry -> counts.merge(entry.getKey().getString(0), 1L, Long::sum));
            return counts;
        });
    }

    @Override
    public List<NodeSeen> nodes() {
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byKey(
                                        ScrubNode.class,
                                        Schema.Type.SCRUB_NODE,
                                        RecordTransaction.under(Schema.Type.SCRUB_NODE),
                                        RecordTransaction.forwardSnapshot(NODES_MAX)))
                        .stream()
                        .map(row ->
                                new NodeSeen(
                                        row.getNode(),
                                        row.getName(),
                                        row.getSeenAtMillis(),
                                        row.getBudgetSinceMillis(),
                                        row.getFaults()))
                        .toList());
    }

    @Override
    public void seen(Map<String, String> nodes) {
        long now = config.clock().millis();
        database.write(transaction -> {
            nodes.forEach((node, name) ->
                    save(
                            transaction,
                            node(transaction, node, now).setName(name).setSeenAtMillis(now)));
            return true;
        });
    }

    @Override
    public long fault(String node, String name, long faults, Duration window) {
        long now = config.clock().millis();
        return database.write(transaction -> {
            ScrubNode.Builder row = node(transaction, node, now).setName(name);
            if (now - row.getBudgetSinceMillis() > window.toMillis()) {
                row.setBudgetSinceMillis(now).setFaults(0);
            }
            save(transaction, row.setFaults(row.getFaults() + faults));
            return row.getFaults();
        });
    }

    private static ScrubNode.Builder node(
            RecordTransaction transaction, String node, long nowMillis) {
        return transaction
                .get(ScrubNode.class, Schema.Type.SCRUB_NODE, node)
                .map(ScrubNode::toBuilder)
                .orElseGet(() ->
                        ScrubNode.newBuilder()
                                .setNode(node)
                                .setSeenAtMillis(nowMillis)
                                .setBudgetSinceMillis(nowMillis)
                                .setFaults(0));
    }

    private static void save(RecordTransaction transaction, ScrubNode.Builder node) {
        transaction.join(transaction.save(Schema.Type.SCRUB_NODE, node.build()));
    }
}
