package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas.Located;
import dev.holdfast.chunkstore.PackReplicas.Replica;
import dev.holdfast.chunkstore.RecordCheck;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads one pack, explains what is wrong with it, and mends that. */
final class PackScrub {
    private static final int PAGE = 1_000;

    private final RepairTools tools;
    private final PackReading reading;
    private final Ladder ladder;
    private final PackRepair repair;

    PackScrub(RepairTools tools, FaultTally tally, PackReading.Progress progress) {
        this.tools = tools;
        this.reading = new PackReading(tools.replicas(), tools.config().runBytesMax(), progress);
        CopySearch search = new CopySearch(tools.replicas(), reading, progress);
        NodeWatch nodes =
                new NodeWatch(
                        tools.replicas(), tools.repair().scrub(), tools.clock(), tools.config());
        this.ladder = new Ladder(tools.store().packs(), search, nodes);
        this.repair = new PackRepair(tools, search, tally);
    }

    /**
     * What a reading came to.
     *
     * @param gone there is no such pack any more
     * @param read its chunks were all judged
     * @param trouble causes that are left, as {@link Cause#text}
     * @param bytes of it that were read, of one replica
     * @param repairNanos from the moment the pack was seen not to be well to the last thing done
     *     about it; 0 when it was well
     */
    record Result(boolean gone, boolean read, Set<String> trouble, long bytes, long repairNanos) {
        Result(boolean gone, boolean read, Set<String> trouble, long bytes) {
            this(gone, read, trouble, bytes, 0);
        }
    }

    /**
     * Scrubs.
     *
     * @param round which replica's turn it is
     * @param wholly every replica is read: the one whose turn it is says nothing about what was
     *     wrong with another
     * @param sink told of what was found
     */
    Result scrub(
            WorkLease lease,
            PackId pack,
            int round,
            boolean wholly,
            ScrubRequest request,
            FindingSink sink) {
        PackRows rows = tools.store().packs();
        Optional<PackView> view = rows.pack(pack);
        boolean open = view.map(PackView::stage).filter(PackStage.OPEN::equals).isPresent();
        boolean sealed = view.map(PackView::stage).filter(PackStage.SEALED::equals).isPresent();
        List<ChunkRow> chunks = chunks(pack);
        if (!open && !sealed && chunks.isEmpty()) {
            return new Result(true, true, Set.of(), 0);
        }
        Optional<Located> at;
        try {
            at = tools.replicas().locate(pack);
        } catch (IOException e) {
            return unreachable(pack, String.valueOf(e.getMessage()), sink);
        }
        if (at.isEmpty() && chunks.isEmpty()) {
            return new Result(false, true, Set.of(), 0);
        }
        List<ReplicaLook> looks = new ArrayList<>();
        long bytes = at.map(located -> bytes(located, chunks)).orElse(0L);
        if (at.isPresent()) {
            for (Replica replica : chosen(at.get(), round, wholly)) {
                looks.add(reading.read(pack, at.get(), replica, chunks));
            }
            boolean clean = !looks.isEmpty() && looks.stream().allMatch(ReplicaLook::clean);
            boolean lost = chunks.stream().anyMatch(PackScrub::isLost);
            if (clean && !lost && (open || sealed)) {
                return new Result(false, true, Set.of(), bytes);
            }
        }
        long noticed = System.nanoTime();
        if (at.isPresent()) {
            readRest(at.get(), chunks, looks);
        }
        List<Diagnosis> diagnoses =
                ladder.explain(
                        at, chunks, looks, new Ladder.Manner(!request.routine(), open || sealed));
        if (open) {
            diagnoses = whileOpen(diagnoses);
        }
        PackRepair.Case found = new PackRepair.Case(pack, at, chunks, looks, diagnoses, open);
        Set<String> trouble = new TreeSet<>(repair.mend(lease, found, request, sink));
        boolean read = diagnoses.stream().noneMatch(d -> d instanceof Diagnosis.Unavailable);
        return new Result(false, read, trouble, bytes, System.nanoTime() - noticed);
    }

    private static boolean isLost(ChunkRow row) {
        return row.condition() == ChunkRow.Condition.LOST;
    }

    private Result unreachable(PackId pack, String why, FindingSink sink) {
        sink.find(
                new Finding(
                        null,
                        pack.toString(),
                        null,
                        null,
                        Cause.UNAVAILABLE.text(),
                        Finding.Action.TRY_LATER.text(),
                        Finding.Outcome.UNREPAIRED.text(),
                        why,
                        List.of(),
                        0));
        return new Result(false, false, Set.of(Cause.UNAVAILABLE.text()), 0);
    }

    private List<ChunkRow> chunks(PackId pack) {
        Map<Sha256, ChunkRow> all = new LinkedHashMap<>();
        long from = Long.MIN_VALUE;
        while (true) {
            List<ChunkRow> page = tools.store().packs().chunks(pack, from, PAGE);
            page.forEach(row -> all.put(row.hash(), row));
            if (page.size() < PAGE) {
                return List.copyOf(all.values());
            }
            // Rows that name one place, some of them wrongly, may lie on both sides of a page's
            // end: the place is asked for again, unless it fills the page.
            long last = page.getLast().location().offset();
            from = last == from ? last + 1 : last;
        }
    }

    private static List<Replica> chosen(Located located, int round, boolean all) {
        List<Replica> replicas = located.replicas();
        return all || replicas.isEmpty()
                ? replicas
                : List.of(replicas.get(Math.floorMod(round, replicas.size())));
    }

    /** Of a pack that is not well everything is read: what is mended, and reported, rests on it. */
    private void readRest(Located located, List<ChunkRow> chunks, List<ReplicaLook> looks) {
        for (Replica replica : located.replicas()) {
            if (looks.stream().noneMatch(look -> look.replica().equals(replica))) {
                looks.add(reading.read(located.file(), located, replica, chunks));
            }
        }
    }

    /** A closed file is read whole; of one that is being written, what rows name. */
    private static long bytes(Located located, List<ChunkRow> chunks) {
        return located.open()
                ? chunks.stream()
                        .map(ChunkRow::location)
                        .mapToLong(at -> RecordCheck.HEADER_BYTES + at.storedLength())
                        .sum()
                : located.length();
    }

    /** What cannot be judged while a pack is written is judged when it is sealed. */
    private static List<Diagnosis> whileOpen(List<Diagnosis> diagnoses) {
        return diagnoses.stream().filter(d -> !(d instanceof Diagnosis.Unavailable)).toList();
    }
}
