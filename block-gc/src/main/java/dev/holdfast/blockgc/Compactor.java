package dev.holdfast.blockgc;

import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.model.PackId;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * T8 and T9: writes what lives in sparse packs to new ones, and trashes packs in which nothing
 * lives.
 *
 * <p>A new pack is a candidate before it has a file, so that a worker that dies leaves nothing
 * behind for ever. Chunks are moved only after the whole pack was closed and read back. A record
 * that cannot be read well stays where it is, and so does its pack: that is a case for repair.
 */
final class Compactor {
    private static final Logger log = LoggerFactory.getLogger(Compactor.class);
    static final String WORK = "compaction";
    private static final int CANDIDATES_MAX = 10_000;
    private static final int PAGE = 500;

    private final CollectionStore store;
    private final ChunkRows chunks;
    private final Packs packs;
    private final CollectorConfig config;

    Compactor(CollectionStore store, ChunkRows chunks, Packs packs, CollectorConfig config) {
        this.store = store;
        this.chunks = chunks;
        this.packs = packs;
        this.config = config;
    }

    void run(RunContext run) {
        run.share(
                WORK,
                (piece, lease) -> {
                    List<PackView> candidates = candidates();
                    for (PackView pack : candidates) {
                        piece.goOn();
                        clean(piece, lease, pack);
                    }
                    List<PackView> chosen =
                            CompactionChoice.choose(candidates, sealedBytes(), config);
                    if (!chosen.isEmpty()) {
                        piece.record()
                                .left(0, chosen.stream().mapToLong(PackView::liveBytes).sum());
                        rewrite(piece, lease, chosen);
                    }
                    for (PackView pack : chosen) {
                        piece.goOn();
                        trashIfEmpty(piece, lease, pack.pack());
                    }
                });
    }

    private long sealedBytes() {
        return store.packs().census().packBytes().getOrDefault(PackStage.SEALED, 0L);
    }

    private List<PackView> candidates() {
        List<PackView> all = new ArrayList<>();
        @Nullable PackId last = null;
        List<PackView> page;
        do {
            page = store.packs().candidates(last, PAGE);
            all.addAll(page);
            last = page.isEmpty() ? null : page.getLast().pack();
        } while (page.size() == PAGE && all.size() < CANDIDATES_MAX);
        return all;
    }

    private void clean(RunContext run, WorkLease lease, PackView pack) {
        if (pack.stage() == PackStage.SEALED && pack.liveChunks() == 0) {
            trashIfEmpty(run, lease, pack.pack());
        } else if (pack.stage() == PackStage.TRASHED
                || pack.stage() == PackStage.DELETING
                || CompactionChoice.settled(pack, config)) {
            store.packs().settle(lease, pack.pack(), CompactionChoice.settledDeadBytes(pack));
        }
    }

    private void trashIfEmpty(RunContext run, WorkLease lease, PackId pack) {
        if (store.packs().trash(lease, pack) == PackRows.Trashing.TRASHED) {
            run.add("packs_trashed", 1);
            trace(run, "trashed", pack, 0, "no chunk lies in it");
        }
    }

    private static void trace(RunContext run, String did, PackId pack, long bytes, String why) {
        log.info("{} pack {}, job {}: {}", did, pack, run.record().id(), why);
        run.trace(new Trace(did, "pack " + pack, bytes, why, run.nowMillis()));
    }

    /** The pack being filled. */
    private record Target(
            PackWriterLease pack, WorkLease hold, Packs.Copy copy, List<ChunkRow> rows)
            implements AutoCloseable {
        @Override
        public void close() {
            copy.close();
        }
    }

    private void rewrite(RunContext run, WorkLease lease, List<PackView> sources) {
        @Nullable Target target = null;
        try {
            for (PackView source : sources) {
                long from = 0;
                List<ChunkRow> page;
                do {
                    run.goOn();
                    page = store.packs().chunks(source.pack(), from, PAGE);
                    for (ChunkRow row : page) {
                        from = row.location().offset() + 1;
                        if (row.condition() == ChunkRow.Condition.LIVE) {
                            target = room(run, lease, target, row);
                            add(run, target, row);
                        }
                    }
                } while (page.size() == PAGE);
                run.add("packs_rewritten", 1);
                trace(
                        run,
                        "rewritten",
                        source.pack(),
                        source.liveBytes(),
                        source.deadBytes() + " of " + source.length() + " bytes were dead");
            }
            if (target != null) {
                Target last = target;
                target = null;
                end(run, lease, last);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a pack could not be rewritten", e);
        } finally {
            if (target != null) {
                giveUp(target);
            }
        }
    }

    private Target room(RunContext run, WorkLease lease, @Nullable Target target, ChunkRow next)
            throws IOException {
        Target open = target;
        if (open != null
                && open.copy().length() + next.location().storedLength() > config.packBytes()) {
            end(run, lease, open);
            open = null;
        }
        return open == null ? begin(run, lease) : open;
    }

    private Target begin(RunContext run, WorkLease lease) throws IOException {
        PackWriterLease pack = chunks.beginPack();
        @Nullable WorkLease hold = null;
        try {
            store.packs().nominate(lease, pack.pack());
            hold =
                    store.leases()
                            .acquire(
                                    WorkLeases.ofPack(pack.pack()),
                                    run.holder(),
                                    config.leaseLife())
                            .orElseThrow(() ->
                                    new IllegalStateException(
                                            "somebody holds a pack that was begun just now"));
            return new Target(pack, hold, packs.begin(pack), new ArrayList<>());
        } catch (IOException | RuntimeException e) {
            abandon(pack, hold);
            throw e;
        }
    }

    private void add(RunContext run, Target target, ChunkRow row) throws IOException {
        try {
            long before = target.copy().length();
            long start = run.pacer().nanos();
            target.copy().add(row.hash(), row.location());
            target.rows().add(row);
            long bytes = target.copy().length() - before;
            run.record().done(0, row.location().storedLength());
            run.add("bytes_rewritten", bytes);
            run.pacer().stepped(Pacer.Step.COPY, bytes, run.pacer().nanos() - start);
            run.goOn();
        } catch (dev.holdfast.chunkstore.PackDamagedException
                | FileNotFoundException
                | EOFException e) {
            run.add("unreadable_chunks", 1);
        }
    }

    private void end(RunContext run, WorkLease lease, Target target) throws IOException {
        PackId pack = target.pack().pack();
        boolean sealed = false;
        try (target) {
            Packs.Ended ended = target.copy().end();
            chunks.sealPack(target.pack(), ended.length());
            sealed = true;
            List<PackRows.Move> moves = new ArrayList<>();
            for (int i = 0; i < ended.entries().size(); i++) {
                Packs.Entry entry = ended.entries().get(i);
                moves.add(
                        new PackRows.Move(
                                entry.hash(),
                                target.rows().get(i).location(),
                                entry.offset(),
                                entry.storedLength(),
                                entry.codec()));
            }
            for (int from = 0; from < moves.size(); from += PackRows.MOVE_MAX) {
                run.goOn();
                List<PackRows.Move> some =
                        moves.subList(from, Math.min(moves.size(), from + PackRows.MOVE_MAX));
                List<Boolean> moved =
                        run.rows(List::size, () -> store.packs().move(lease, pack, some));
                run.add("chunks_moved", moved.stream().filter(yes -> yes).count());
            }
            store.leases().release(target.hold());
        } catch (PackFencedException e) {
            // A janitor took it for a dead writer's: what was copied stays where it was.
            run.add("packs_lost", 1);
        } finally {
            if (!sealed) {
                abandon(target.pack(), target.hold());
            }
        }
    }

    private void giveUp(Target target) {
        target.close();
        abandon(target.pack(), target.hold());
    }

    /** Seals the pack empty, so that it goes the way of empty packs. */
    private void abandon(PackWriterLease pack, @Nullable WorkLease hold) {
        try {
            chunks.sealPack(pack, 0);
        } catch (PackFencedException e) {
            // Somebody has sealed it already.
        }
        if (hold != null) {
            store.leases().release(hold);
        }
    }

    void plan(PlanLeases leases, PlanSink sink) {
        List<PackView> candidates = candidates();
        List<PackView> chosen = CompactionChoice.choose(candidates, sealedBytes(), config);
        for (PackView pack : candidates) {
            String name = "pack " + pack.pack();
            if (pack.stage() == PackStage.OPEN) {
                sink.line(PlanLine.Action.RETAIN, name, 0, "it is being written");
            } else if (pack.stage() == PackStage.SEALED && pack.liveChunks() == 0) {
                leases.of(pack.pack())
                        .ifPresentOrElse(
                                held ->
                                        sink.line(
                                                PlanLine.Action.RETAIN,
                                                name,
                                                pack.length(),
                                                "nothing lives in it, but " + held),
                                () ->
                                        sink.line(
                                                PlanLine.Action.TRASH,
                                                name,
                                                pack.length(),
                                                "nothing lives in it"));
            } else if (chosen.contains(pack)) {
                sink.line(
                        PlanLine.Action.REWRITE,
                        name,
                        pack.liveBytes(),
                        pack.deadBytes() + " of " + pack.length() + " bytes are dead");
            } else if (pack.stage() == PackStage.SEALED && pack.deadBytes() > 0) {
                sink.line(PlanLine.Action.RETAIN, name, pack.deadBytes(), whyKept(pack));
            }
        }
    }

    private static String whyKept(PackView pack) {
        return "dead bytes within the budget: "
                + pack.liveChunks()
                + " chunks live among "
                + pack.length()
                + " bytes";
    }
}
