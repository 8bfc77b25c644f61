package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas.Located;
import dev.holdfast.chunkstore.PackReplicas.Replica;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.RepairRows.AffectedFile;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.repair.Finding.Action;
import dev.holdfast.repair.Finding.Outcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acts on what the ladder explained, in the order that loses nothing: rows first, then copies, then
 * losses, and HDFS hears of bad replicas last.
 */
final class PackRepair {
    private static final Logger log = LoggerFactory.getLogger(PackRepair.class);

    private final RepairTools tools;
    private final Rescuer rescuer;
    private final FaultTally tally;

    PackRepair(RepairTools tools, CopySearch search, FaultTally tally) {
        this.tools = tools;
        this.tally = tally;
        this.rescuer = new Rescuer(tools, search);
    }

    /**
     * A pack that is not well.
     *
     * @param looks one for each replica, of all of it
     */
    record Case(
            PackId pack,
            Optional<Located> at,
            List<ChunkRow> chunks,
            List<ReplicaLook> looks,
            List<Diagnosis> diagnoses,
            boolean open) {
        /** Chunks that lack nothing but replicas of which nothing at all is left. */
        Set<Sha256> whollyElsewhere() {
            Set<Sha256> hashes = new HashSet<>();
            for (int i = 0; i < chunks.size(); i++) {
                boolean good = false;
                boolean other = false;
                for (ReplicaLook look : looks) {
                    if (!look.whollyAbsent()) {
                        boolean well = look.states().get(i) instanceof CopyState.Good;
                        good |= well;
                        other |= !well;
                    }
                }
                if (good && !other) {
                    hashes.add(chunks.get(i).hash());
                }
            }
            return hashes;
        }
    }

    /**
     * Mends and reports.
     *
     * @return causes that are left
     */
    Set<String> mend(WorkLease lease, Case found, ScrubRequest request, FindingSink sink) {
        Verdicts verdicts = new Verdicts(sink);
        Optional<String> stopped = request.routine() ? overBudget(found) : Optional.empty();
        if (stopped.isPresent()) {
            log.error("repair of pack {} waits for a person: {}", found.pack(), stopped.get());
            for (Diagnosis diagnosis : found.diagnoses()) {
                verdicts.add(diagnosis, Outcome.STOPPED, stopped.get());
            }
            return verdicts.trouble;
        }
        Set<Sha256> placed = request.apply() ? place(lease, found) : Set.of();
        Set<Sha256> elsewhere = found.whollyElsewhere();
        for (Diagnosis diagnosis : found.diagnoses()) {
            boolean leftToHdfs =
                    diagnosis instanceof Diagnosis.BadReplicas
                            && elsewhere.contains(diagnosis.row().hash());
            if (!leftToHdfs) {
                conclude(diagnosis, placed, request, verdicts);
            }
        }
        verdicts.sayUnavailable();
        replicas(found, placed, request.apply(), verdicts);
        return verdicts.trouble;
    }

    /** Lets rows name good records: where they are, or in a new pack. */
    private Set<Sha256> place(WorkLease lease, Case found) {
        Set<Sha256> placed = new HashSet<>();
        // HDFS makes another replica of those by itself, and there is nothing to lose by it.
        Set<Sha256> elsewhere = found.whollyElsewhere();
        List<Rescuer.Order> orders = new ArrayList<>();
        for (Diagnosis diagnosis : found.diagnoses()) {
            switch (diagnosis) {
                case Diagnosis.IndexFault(var row, var copy, _) -> {
                    if (rescuer.correct(lease, row, copy.records(), copy.entry())) {
                        placed.add(row.hash());
                    }
                }
                case Diagnosis.BadReplicas(var row, var copy, _) -> {
                    if (!elsewhere.contains(row.hash())) {
                        orders.add(new Rescuer.Order(row, copy));
                    }
                }
                case Diagnosis.OldCopy(var row, var copy) ->
                        orders.add(new Rescuer.Order(row, copy));
                case Diagnosis.Moved _,
                        Diagnosis.Lost _,
                        Diagnosis.Found _,
                        Diagnosis.Unavailable _ -> {}
            }
        }
        if (!orders.isEmpty()) {
            placed.addAll(rescuer.copy(lease, orders));
        }
        return placed;
    }

    private void conclude(
            Diagnosis diagnosis, Set<Sha256> placed, ScrubRequest request, Verdicts verdicts) {
        boolean apply = request.apply();
        Sha256 hash = diagnosis.row().hash();
        Outcome repaired =
                apply
                        ? placed.contains(hash) ? Outcome.REPAIRED : Outcome.UNREPAIRED
                        : Outcome.WOULD_REPAIR;
        switch (diagnosis) {
            case Diagnosis.IndexFault _, Diagnosis.OldCopy _, Diagnosis.BadReplicas _ ->
                    verdicts.add(diagnosis, repaired, "");
            case Diagnosis.Lost(var row, _) -> {
                boolean known = row.condition() == ChunkRow.Condition.LOST;
                if (apply && !known) {
                    boolean marked = tools.store().losses().lose(row.hash(), row.location());
                    verdicts.sink.count("chunks_lost", marked ? 1 : 0);
                }
                if (known && request.routine()) {
                    // It was said when it was lost, and its metric says it all the time.
                    verdicts.trouble.add(Cause.LOST.text());
                } else {
                    verdicts.add(diagnosis, Outcome.LOST, "");
                }
            }
            case Diagnosis.Found(var row) -> {
                boolean found =
                        placed.contains(hash)
                                || (apply
                                        && tools.store()
                                                .losses()
                                                .found(row.hash(), row.location()));
                verdicts.add(
                        diagnosis,
                        apply
                                ? found ? Outcome.REPAIRED : Outcome.UNREPAIRED
                                : Outcome.WOULD_REPAIR,
                        "");
            }
            case Diagnosis.Unavailable unavailable -> verdicts.unavailable.add(unavailable);
            case Diagnosis.Moved _ -> verdicts.sink.count("moved_meanwhile", 1);
        }
    }

    /** Tells HDFS of replicas whose faults have all been taken out of harm's way. */
    private void replicas(Case found, Set<Sha256> placed, boolean apply, Verdicts verdicts) {
        if (found.at().isEmpty() || found.open()) {
            return;
        }
        Set<Replica> faulty = new HashSet<>();
        for (ReplicaLook look : found.looks()) {
            if (look.faulty()) {
                faulty.add(look.replica());
            }
        }
        Optional<String> kept = whyKept(found, placed, faulty, apply);
        boolean anyLeft = found.looks().stream().anyMatch(look -> !look.whollyAbsent());
        for (ReplicaLook look : found.looks()) {
            if (!faulty.contains(look.replica())) {
                continue;
            }
            boolean told = apply && kept.isEmpty() && report(found.at().get(), look);
            verdicts.sink.count("replicas_reported", told ? 1 : 0);
            Outcome done = apply ? Outcome.REPAIRED : Outcome.WOULD_REPAIR;
            if (look.whollyAbsent()) {
                verdicts.replica(
                        found,
                        look,
                        anyLeft ? done : Outcome.UNREPAIRED,
                        "the DataNode has nothing of it"
                                + (anyLeft ? "; HDFS makes another one" : ", nor has any other"));
            } else if (!look.deadBytes().isEmpty()) {
                verdicts.replica(
                        found,
                        look,
                        kept.isPresent() ? Outcome.LEFT : done,
                        "damaged where no chunk lies: "
                                + look.deadBytes()
                                + kept.map(why -> "; " + why).orElse(""));
            }
        }
    }

    /**
     * Why no replica of the pack may go: HDFS deletes what it is told is bad, and makes another one
     * from whichever replica is left. So every chunk that stays here must have been read well, just
     * now, from a replica that stays; and a pack with a lost chunk keeps whatever it has.
     */
    private static Optional<String> whyKept(
            Case found, Set<Sha256> placed, Set<Replica> faulty, boolean apply) {
        Set<Sha256> elsewhere = found.whollyElsewhere();
        for (Diagnosis diagnosis : found.diagnoses()) {
            boolean unsettled =
                    switch (diagnosis) {
                        case Diagnosis.Lost _, Diagnosis.Unavailable _ -> true;
                        case Diagnosis.OldCopy(var row, _) -> !placed.contains(row.hash());
                        // It was to be copied first; a try without effect would have been.
                        case Diagnosis.BadReplicas(var row, _, _) ->
                                apply
                                        && !placed.contains(row.hash())
                                        && !elsewhere.contains(row.hash());
                        case Diagnosis.IndexFault _, Diagnosis.Moved _, Diagnosis.Found _ -> false;
                    };
            if (unsettled) {
                return Optional.of(
                        "its replicas are kept: chunk "
                                + diagnosis.row().hash()
                                + " has no good copy yet");
            }
        }
        for (int i = 0; i < found.chunks().size(); i++) {
            if (placed.contains(found.chunks().get(i).hash())) {
                continue;
            }
            boolean safe = false;
            for (ReplicaLook look : found.looks()) {
                safe |=
                        !faulty.contains(look.replica())
                                && look.states().get(i) instanceof CopyState.Good;
            }
            if (!safe) {
                return Optional.of(
                        "its replicas are kept: chunk "
                                + found.chunks().get(i).hash()
                                + " was read well from none that would stay");
            }
        }
        boolean anyStays =
                found.looks().stream().anyMatch(look -> !faulty.contains(look.replica()));
        return anyStays
                ? Optional.empty()
                : Optional.of("its replicas are kept: none of them is wholly good");
    }

    private boolean report(Located located, ReplicaLook look) {
        try {
            tools.replicas().reportBad(located, look.replica());
            return true;
        } catch (IOException e) {
            // HDFS may have noticed by itself, and does not name the replica any more.
            log.info(
                    "the replica of pack {} on {} could not be reported: {}",
                    located.file(),
                    look.replica().name(),
                    e.getMessage());
            return false;
        }
    }

    /** Why a machine should not go on by itself here; empty when it may. */
    private Optional<String> overBudget(Case found) {
        Set<Sha256> broken = new HashSet<>();
        Map<Replica, Long> faults = new LinkedHashMap<>();
        for (Diagnosis diagnosis : found.diagnoses()) {
            switch (diagnosis) {
                case Diagnosis.BadReplicas(var row, _, var faulty) -> {
                    broken.add(row.hash());
                    for (Diagnosis.Faulty one : faulty) {
                        if (!(one.state() instanceof CopyState.Absent)) {
                            faults.merge(one.replica(), 1L, Long::sum);
                        }
                    }
                }
                case Diagnosis.IndexFault _, Diagnosis.OldCopy _ ->
                        broken.add(diagnosis.row().hash());
                case Diagnosis.Lost(var row, _) -> {
                    if (row.condition() != ChunkRow.Condition.LOST) {
                        broken.add(row.hash());
                    }
                }
                case Diagnosis.Moved _, Diagnosis.Found _, Diagnosis.Unavailable _ -> {}
            }
        }
        for (Map.Entry<Replica, Long> fault : faults.entrySet()) {
            long count =
                    tally.add(
                            tools.repair().scrub(),
                            found.pack(),
                            fault.getKey().node(),
                            fault.getKey().name(),
                            fault.getValue(),
                            tools.config().nodeWindow(),
                            tools.clock().millis());
            if (count > tools.config().nodeFaultsMax()) {
                return Optional.of(
                        count
                                + " chunks were bad on DataNode "
                                + fault.getKey().name()
                                + ": look at its disks and memory, then run repair scrub --apply");
            }
        }
        return broken.size() > tools.config().packFaultsMax()
                ? Optional.of(
                        broken.size()
                                + " chunks of the pack are broken at once: make sure that HDFS is"
                                + " whole, then run repair scrub --apply")
                : Optional.empty();
    }

    /** Findings as they are said, and what they leave. */
    private final class Verdicts {
        private final FindingSink sink;
        private final Set<String> trouble = new TreeSet<>();
        private final List<Diagnosis.Unavailable> unavailable = new ArrayList<>();

        Verdicts(FindingSink sink) {
            this.sink = sink;
        }

        void add(Diagnosis diagnosis, Outcome outcome, String more) {
            switch (diagnosis) {
                case Diagnosis.IndexFault(var row, var copy, var inPack) ->
                        say(
                                row,
                                null,
                                Cause.INDEX_FAULT,
                                Action.CORRECT_ROW,
                                outcome,
                                more
                                        + "the record lies at "
                                        + copy.entry().offset()
                                        + (inPack ? "" : " of pack " + copy.records()));
                case Diagnosis.BadReplicas(var row, var copy, var faulty) -> {
                    for (Diagnosis.Faulty one : faulty) {
                        say(
                                row,
                                one.replica(),
                                cause(one.state()),
                                Action.COPY,
                                outcome,
                                more + one.state().why() + "; good on " + copy.replica().name());
                    }
                }
                case Diagnosis.OldCopy(var row, var copy) ->
                        say(
                                row,
                                null,
                                Cause.OLD_COPY,
                                Action.COPY,
                                outcome,
                                more
                                        + "a good copy lies in the file of pack "
                                        + copy.located().file());
                case Diagnosis.Lost(var row, var why) ->
                        say(row, null, Cause.LOST, Action.MARK_LOST, outcome, more + why);
                case Diagnosis.Found(var row) ->
                        say(
                                row,
                                null,
                                Cause.FOUND,
                                Action.MARK_FOUND,
                                outcome,
                                more + "reads well again");
                case Diagnosis.Unavailable _, Diagnosis.Moved _ -> {}
            }
        }

        void replica(Case found, ReplicaLook look, Outcome outcome, String detail) {
            Cause cause = look.whollyAbsent() ? Cause.MISSING_REPLICA : Cause.DEAD_BYTES;
            Action action = look.whollyAbsent() ? Action.LEAVE_TO_HDFS : Action.REPORT_REPLICA;
            note(cause, outcome);
            sink.find(
                    new Finding(
                            null,
                            found.pack().toString(),
                            null,
                            look.replica().name(),
                            cause.text(),
                            action.text(),
                            outcome.text(),
                            detail,
                            List.of(),
                            0));
        }

        /** One line for a pack: what cannot be decided is usually undecided for all of it. */
        void sayUnavailable() {
            if (!unavailable.isEmpty()) {
                Diagnosis.Unavailable first = unavailable.getFirst();
                note(Cause.UNAVAILABLE, Outcome.UNREPAIRED);
                sink.find(
                        new Finding(
                                null,
                                first.row().location().pack().toString(),
                                null,
                                null,
                                Cause.UNAVAILABLE.text(),
                                Action.TRY_LATER.text(),
                                Outcome.UNREPAIRED.text(),
                                unavailable.size() + " chunks cannot be judged now: " + first.why(),
                                List.of(),
                                0));
            }
        }

        private void say(
                ChunkRow row,
                @Nullable Replica replica,
                Cause cause,
                Action action,
                Outcome outcome,
                String detail) {
            note(cause, outcome);
            int max = tools.config().filesListedMax();
            List<AffectedFile> files = tools.repair().rows().affected(row.hash(), max);
            sink.find(
                    new Finding(
                            row.hash().toString(),
                            row.location().pack().toString(),
                            row.location().offset(),
                            replica == null ? null : replica.name(),
                            cause.text(),
                            action.text(),
                            outcome.text(),
                            detail,
                            files,
                            files.size()));
        }

        private void note(Cause cause, Outcome outcome) {
            sink.count("attempts_" + cause.text() + "_" + outcome.text(), 1);
            if (!outcome.settled()) {
                trouble.add(outcome == Outcome.STOPPED ? Outcome.STOPPED.text() : cause.text());
            }
        }

        private static Cause cause(CopyState state) {
            return switch (state) {
                case CopyState.BadChecksums _ -> Cause.BAD_CHECKSUMS;
                case CopyState.Absent _ -> Cause.MISSING_REPLICA;
                case CopyState.Good _,
                        CopyState.BadHeader _,
                        CopyState.Bad _,
                        CopyState.Other _,
                        CopyState.Unavailable _ ->
                        Cause.BAD_REPLICA;
            };
        }
    }
}
