package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas.Located;
import dev.holdfast.chunkstore.PackReplicas.Replica;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Explains what was read badly, step by step; changes nothing.
 *
 * <ol>
 *   <li>read again on a fresh stream: {@link PackReading} did, for every chunk of a window that
 *       failed
 *   <li>ask the row again: it may have moved
 *   <li>the record header at the place, else the chunk anywhere in its pack: an index fault
 *   <li>each replica by itself: a good one is a source
 *   <li>every other pack's file, those in the trash included
 *   <li>lost, if every step gave a definite answer
 * </ol>
 */
final class Ladder {
    private final PackRows packs;
    private final CopySearch search;
    private final NodeWatch nodes;

    Ladder(PackRows packs, CopySearch search, NodeWatch nodes) {
        this.packs = packs;
        this.search = search;
        this.nodes = nodes;
    }

    /**
     * How to look.
     *
     * @param thorough chunks that are lost already are looked for in every pack again
     * @param home the pack may hold chunks: by its row it is neither in the trash nor unknown
     */
    record Manner(boolean thorough, boolean home) {}

    /**
     * Explains.
     *
     * @param at where the pack's file is; empty when there is none
     * @param rows the chunks of the pack
     * @param looks one for each replica, of all of it
     * @return one for each chunk that is not good on every replica, in no order
     */
    List<Diagnosis> explain(
            Optional<Located> at, List<ChunkRow> rows, List<ReplicaLook> looks, Manner manner) {
        List<Diagnosis> diagnoses = new ArrayList<>();
        List<ChunkRow> nowhere = new ArrayList<>();
        Map<Sha256, String> whyNowhere = new LinkedHashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            ChunkRow row = rows.get(i);
            List<Diagnosis.Faulty> faulty = new ArrayList<>();
            List<Diagnosis.Faulty> silent = new ArrayList<>();
            Optional<Replica> source = source(looks, i);
            for (ReplicaLook look : looks) {
                CopyState state = look.states().get(i);
                if (state.faulty()) {
                    faulty.add(new Diagnosis.Faulty(look.replica(), state));
                } else if (state instanceof CopyState.Unavailable) {
                    silent.add(new Diagnosis.Faulty(look.replica(), state));
                }
            }
            if (source.isPresent() && at.isPresent() && !manner.home()) {
                // Good bytes in a pack that will be deleted, or that nobody knows.
                diagnoses.add(new Diagnosis.OldCopy(row, here(row, at.get(), source.get())));
            } else if (source.isPresent() && at.isPresent()) {
                if (row.condition() == ChunkRow.Condition.LOST) {
                    diagnoses.add(new Diagnosis.Found(row));
                }
                if (!faulty.isEmpty()) {
                    diagnoses.add(
                            new Diagnosis.BadReplicas(
                                    row, here(row, at.get(), source.get()), faulty));
                }
            } else if (!silent.isEmpty()) {
                Diagnosis.Faulty first = silent.getFirst();
                diagnoses.add(
                        new Diagnosis.Unavailable(
                                row, first.replica().name() + ": " + first.state().why()));
            } else {
                String why =
                        faulty.isEmpty()
                                ? "its pack has no file, or no replica"
                                : faulty.getFirst().state().why();
                if (row.condition() == ChunkRow.Condition.LOST && !manner.thorough()) {
                    diagnoses.add(new Diagnosis.Lost(row, why));
                } else {
                    nowhere.add(row);
                    whyNowhere.put(row.hash(), why);
                }
            }
        }
        if (!nowhere.isEmpty()) {
            diagnoses.addAll(withoutCopy(at, nowhere, whyNowhere));
        }
        return diagnoses;
    }

    private static CopySearch.Copy here(ChunkRow row, Located located, Replica replica) {
        ChunkLocation location = row.location();
        return new CopySearch.Copy(
                location.pack(),
                located,
                replica,
                new Packs.Entry(
                        row.hash(),
                        location.offset(),
                        location.plainLength(),
                        location.storedLength(),
                        location.codec()));
    }

    /** A replica that is good, rather than one whose chunk can be taken all the same. */
    private static Optional<Replica> source(List<ReplicaLook> looks, int row) {
        Optional<Replica> second = Optional.empty();
        for (ReplicaLook look : looks) {
            CopyState state = look.states().get(row);
            if (state instanceof CopyState.Good) {
                return Optional.of(look.replica());
            }
            if (state.holdsChunk() && second.isEmpty()) {
                second = Optional.of(look.replica());
            }
        }
        return second;
    }

    private List<Diagnosis> withoutCopy(
            Optional<Located> at, List<ChunkRow> nowhere, Map<Sha256, String> why) {
        List<Diagnosis> diagnoses = new ArrayList<>();
        List<ChunkRow> left = new ArrayList<>();
        Map<Sha256, ChunkRow> now = resolved(nowhere);
        for (ChunkRow row : nowhere) {
            ChunkRow found = now.get(row.hash());
            if (found == null || !found.location().equals(row.location())) {
                diagnoses.add(new Diagnosis.Moved(row));
                continue;
            }
            try {
                Optional<CopySearch.Copy> inPack =
                        at.isPresent() && isSealed(row.location().pack())
                                ? search.inPack(row, at.get())
                                : Optional.empty();
                if (inPack.isPresent()) {
                    diagnoses.add(new Diagnosis.IndexFault(row, inPack.get(), true));
                } else {
                    left.add(row);
                }
            } catch (IOException e) {
                diagnoses.add(new Diagnosis.Unavailable(row, String.valueOf(e.getMessage())));
            }
        }
        if (!left.isEmpty()) {
            diagnoses.addAll(elsewhere(at, left, why));
        }
        return diagnoses;
    }

    private Map<Sha256, ChunkRow> resolved(List<ChunkRow> rows) {
        Map<Sha256, ChunkRow> now = new LinkedHashMap<>();
        for (int from = 0; from < rows.size(); from += 500) {
            List<Sha256> some =
                    rows.subList(from, Math.min(rows.size(), from + 500)).stream()
                            .map(ChunkRow::hash)
                            .toList();
            packs.rows(some).forEach(row -> now.put(row.hash(), row));
        }
        return now;
    }

    private boolean isSealed(PackId pack) {
        return packs.pack(pack).map(PackView::stage).filter(PackStage.SEALED::equals).isPresent();
    }

    private List<Diagnosis> elsewhere(
            Optional<Located> at, List<ChunkRow> left, Map<Sha256, String> why) {
        List<Diagnosis> diagnoses = new ArrayList<>();
        Map<Sha256, CopySearch.Copy> copies;
        Optional<String> more;
        try {
            more = at.isPresent() ? nodes.mayHaveMore(at.get()) : Optional.empty();
            copies = search.find(left);
        } catch (IOException e) {
            left.forEach(row ->
                    diagnoses.add(new Diagnosis.Unavailable(row, String.valueOf(e.getMessage()))));
            return diagnoses;
        }
        for (ChunkRow row : left) {
            CopySearch.Copy copy = copies.get(row.hash());
            if (copy == null) {
                diagnoses.add(
                        more.isPresent()
                                ? new Diagnosis.Unavailable(row, more.get())
                                : new Diagnosis.Lost(row, why.getOrDefault(row.hash(), "")));
            } else if (copy.records().equals(copy.located().file()) && isSealed(copy.records())) {
                diagnoses.add(new Diagnosis.IndexFault(row, copy, false));
            } else {
                diagnoses.add(new Diagnosis.OldCopy(row, copy));
            }
        }
        return diagnoses;
    }
}
