package dev.holdfast.blockgc;

import dev.holdfast.chunkstore.PackDamagedException;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** T10: packs in the trash are inspected and deleted after their grace. */
final class PackTrash {
    private static final Logger log = LoggerFactory.getLogger(PackTrash.class);
    static final String WORK = "deletion";
    private static final Duration FREEING_MAX = Duration.ofSeconds(20);
    private static final Duration COUNTED_WITHIN = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT = Duration.ofSeconds(4);
    private static final Duration READERS_POLL = Duration.ofMillis(250);
    private static final int PAGE = 500;
    private static final int PACKS_MAX = 10_000;

    private final PackRows rows;
    private final Packs packs;
    private final PackInspector inspector;
    private final CollectorConfig config;

    PackTrash(PackRows rows, Packs packs, CollectorConfig config) {
        this.rows = rows;
        this.packs = packs;
        this.inspector = new PackInspector(rows, packs);
        this.config = config;
    }

    void run(RunContext run) {
        run.share(
                WORK,
                (piece, lease) -> {
                    long cutOff = run.graceOver(config.trashGrace(), config.readersGrace());
                    long stored = rows.census().storedBytes();
                    List<PackView> due = new ArrayList<>();
                    for (PackView pack : all(PackStage.TRASHED)) {
                        if (pack.sinceMillis() <= cutOff) {
                            due.add(pack);
                        }
                    }
                    long bytes = due.stream().mapToLong(PackView::length).sum();
                    BlastRadius.check(config, run.request(), stored, bytes, "packs");
                    // What a worker that died had begun comes first: its guards were passed then.
                    List<PackView> begun = all(PackStage.DELETING);
                    piece.record().left((long) begun.size() + due.size(), 0);
                    begun.forEach(pack -> delete(piece, lease, pack));
                    due.forEach(pack -> delete(piece, lease, pack));
                    forget(piece, lease);
                });
    }

    /**
     * Traces of deletions that are older than anybody asks for; by their age, never all of them.
     */
    private void forget(RunContext run, WorkLease lease) {
        long until = run.nowMillis() - config.deletionsKept().toMillis();
        int forgotten;
        do {
            run.goOn();
            forgotten = run.rows(rows -> rows, () -> rows.forgetDeletions(lease, until));
            run.add("deletions_forgotten", forgotten);
        } while (forgotten == PackRows.FORGET_MAX);
    }

    /**
     * Waits until whoever may still read what is in the trash now, because he was told where it
     * lies, is done: that time is no grace, and is not over because somebody says so.
     */
    void awaitReaders(RunContext run) {
        if (config.readersGrace().isZero()) {
            return;
        }
        long until = 0;
        for (PackView pack : all(PackStage.TRASHED)) {
            until = Math.max(until, pack.sinceMillis() + config.readersGrace().toMillis());
        }
        // By no clock, however wrong, longer than that.
        long end = Math.min(until, run.nowMillis() + config.readersGrace().toMillis());
        run.record().until(end);
        while (run.nowMillis() < end) {
            run.goOn();
            run.pacer().pause(READERS_POLL);
        }
    }

    /** Waits a little until the storage has freed what was deleted, so that it can be seen. */
    void awaitFreed(RunContext run) {
        if (run.count("packs_deleted") == 0) {
            return;
        }
        long until = run.nowMillis() + FREEING_MAX.toMillis();
        run.record().until(until + HEARTBEAT.toMillis());
        try {
            // It takes a moment until the NameNode counts the blocks, and a heartbeat until the
            // DataNodes are rid of those that it does not count any more.
            run.pacer().pause(COUNTED_WITHIN);
            while (packs.freeing() && run.nowMillis() < until) {
                run.goOn();
                run.pacer().pause(READERS_POLL);
            }
            run.pacer().pause(HEARTBEAT);
        } catch (IOException e) {
            log.info("the storage cannot say whether it has freed what was deleted", e);
        }
    }

    private List<PackView> all(PackStage stage) {
        List<PackView> all = new ArrayList<>();
        @Nullable PackId last = null;
        List<PackView> page;
        do {
            page = rows.atStage(stage, last, PAGE);
            all.addAll(page);
            last = page.isEmpty() ? null : page.getLast().pack();
        } while (page.size() == PAGE && all.size() < PACKS_MAX);
        return all;
    }

    private void delete(RunContext run, WorkLease lease, PackView pack) {
        run.goOn();
        run.record().done(1, 0);
        if (pack.length() > 0
                && run.count("bytes_deleted") + pack.length() > run.request().bytesMax()) {
            return;
        }
        long start = run.pacer().nanos();
        try {
            inspector.inspect(pack.pack());
        } catch (PackDamagedException e) {
            run.add("packs_not_inspected", 1);
            String why = "its records cannot be read, so that nothing can say what lies in it";
            log.warn("pack {} stays in the trash: {}", pack.pack(), why);
            run.trace(new Trace("kept", "pack " + pack.pack(), 0, why, run.nowMillis()));
            return;
        } catch (IOException e) {
            throw new UncheckedIOException("pack " + pack.pack() + " cannot be inspected", e);
        }
        run.pacer().stepped(Pacer.Step.FILE, 1, run.pacer().nanos() - start);
        switch (rows.beginDelete(lease, pack.pack(), pack.sinceMillis())) {
            case READY -> deleteNow(run, lease, pack);
            case LEASED -> run.add("packs_leased", 1);
            case NOT_TRASHED -> run.add("packs_gone", 1);
            case NOT_EMPTY ->
                    throw new GcRefusedException(
                            GcRefusedException.Reason.INSPECTION,
                            "a chunk lies in pack "
                                    + pack.pack()
                                    + ", which is in the trash: run fsck");
        }
    }

    private void deleteNow(RunContext run, WorkLease lease, PackView pack) {
        long start = run.pacer().nanos();
        try {
            packs.delete(pack.pack());
        } catch (IOException e) {
            throw new UncheckedIOException("pack " + pack.pack() + " cannot be deleted", e);
        }
        run.pacer().stepped(Pacer.Step.FILE, 1, run.pacer().nanos() - start);
        String why = "empty, in the trash since " + ChunkStage.time(pack.sinceMillis());
        rows.finishDelete(lease, pack.pack(), run.record().id(), why);
        log.info(
                "deleted pack {} of {} bytes, job {}: {}",
                pack.pack(),
                pack.length(),
                run.record().id(),
                why);
        run.trace(new Trace("deleted", "pack " + pack.pack(), pack.length(), why, run.nowMillis()));
        run.add("packs_deleted", 1);
        run.add("bytes_deleted", pack.length());
    }

    void plan(long nowMillis, boolean graceOver, PlanLeases leases, PlanSink sink) {
        for (PackView pack : all(PackStage.DELETING)) {
            plan(pack, leases, "its deletion was begun", sink);
        }
        for (PackView pack : all(PackStage.TRASHED)) {
            long readers = pack.sinceMillis() + config.readersGrace().toMillis();
            long grace = pack.sinceMillis() + config.trashGrace().toMillis();
            if (nowMillis < readers) {
                retain(
                        pack,
                        "nothing lives in it; who began to read it before may do so until "
                                + ChunkStage.time(readers)
                                + (graceOver || grace <= readers
                                        ? ""
                                        : ", and its grace lasts until " + ChunkStage.time(grace)),
                        sink);
            } else if (nowMillis < grace && !graceOver) {
                retain(
                        pack,
                        "nothing lives in it; in its grace until " + ChunkStage.time(grace),
                        sink);
            } else {
                plan(pack, leases, "nothing lives in it and its grace is over", sink);
            }
        }
    }

    /** Of a pack whose time has come: only a lease can hold it then. */
    private static void plan(PackView pack, PlanLeases leases, String why, PlanSink sink) {
        leases.of(pack.pack())
                .or(leases::ofBackup)
                .ifPresentOrElse(
                        held -> retain(pack, why + ", but " + held, sink),
                        () ->
                                sink.line(
                                        PlanLine.Action.DELETE,
                                        "pack " + pack.pack(),
                                        pack.length(),
                                        why));
    }

    private static void retain(PackView pack, String why, PlanSink sink) {
        sink.line(PlanLine.Action.RETAIN, "pack " + pack.pack(), pack.length(), why);
    }
}
