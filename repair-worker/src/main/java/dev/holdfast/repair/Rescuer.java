package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.chunkstore.StoredRecord;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.RepairRows;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies good records into a new pack and lets their rows name it (T8).
 *
 * <p>The new pack is a candidate of the collection before it has a file, so that a worker that dies
 * leaves nothing behind for ever; it is closed, and all of it is read back, before any row changes.
 */
final class Rescuer {
    private static final Logger log = LoggerFactory.getLogger(Rescuer.class);

    private final RepairTools tools;
    private final CopySearch search;

    Rescuer(RepairTools tools, CopySearch search) {
        this.tools = tools;
        this.search = search;
    }

    /** A chunk to copy: what its row says, and where it was read well. */
    record Order(ChunkRow row, CopySearch.Copy copy) {}

    private record Target(
            PackWriterLease pack,
            WorkLease hold,
            PackReplicas.Rescue rescue,
            List<ChunkRow> rows) {}

    /**
     * Copies what can be copied.
     *
     * @return the chunks whose rows name a new place now
     */
    Set<Sha256> copy(WorkLease lease, List<Order> orders) {
        Set<Sha256> done = new HashSet<>();
        int next = 0;
        while (next < orders.size()) {
            Target target;
            try {
                target = begin(lease);
            } catch (IOException | RuntimeException e) {
                log.warn("no pack could be begun for {} chunks", orders.size() - next, e);
                return done;
            }
            boolean ended = false;
            try {
                while (next < orders.size() && hasRoom(target, orders.get(next))) {
                    Order order = orders.get(next++);
                    Optional<StoredRecord> record = search.fetch(order.copy());
                    if (record.isPresent()) {
                        target.rescue().add(record.get());
                        target.rows().add(order.row());
                    }
                }
                ended = true;
                done.addAll(end(lease, target));
            } catch (IOException | PackFencedException e) {
                log.warn("pack {} of rescued chunks came to nothing", target.pack().pack(), e);
            } finally {
                if (!ended) {
                    giveUp(target);
                }
            }
        }
        return done;
    }

    private boolean hasRoom(Target target, Order next) {
        return target.rows().isEmpty()
                || target.rescue().length() + next.copy().entry().storedLength()
                        <= tools.config().packBytes();
    }

    private Target begin(WorkLease lease) throws IOException {
        PackWriterLease pack = tools.chunks().beginPack();
        tools.store().packs().nominate(lease, pack.pack());
        WorkLease hold =
                tools.store()
                        .leases()
                        .acquire(
                                WorkLeases.ofPack(pack.pack()),
                                lease.holder(),
                                tools.config().leaseLife())
                        .orElseThrow(() ->
                                new IllegalStateException(
                                        "somebody holds a pack that was begun just now"));
        try {
            return new Target(pack, hold, tools.replicas().begin(pack), new ArrayList<>());
        } catch (IOException e) {
            seal(pack, hold);
            throw e;
        }
    }

    private Set<Sha256> end(WorkLease lease, Target target) throws IOException {
        boolean sealed = false;
        try {
            if (target.rows().isEmpty()) {
                return Set.of();
            }
            Packs.Ended ended = target.rescue().end();
            tools.chunks().sealPack(target.pack(), ended.length());
            sealed = true;
            return rename(lease, target, ended.entries());
        } finally {
            if (sealed) {
                tools.store().leases().release(target.hold());
            } else {
                giveUp(target);
            }
        }
    }

    private Set<Sha256> rename(WorkLease lease, Target target, List<Packs.Entry> entries) {
        PackId pack = target.pack().pack();
        Set<Sha256> done = new HashSet<>();
        List<PackRows.Move> moves = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Packs.Entry entry = entries.get(i);
            ChunkRow row = target.rows().get(i);
            if (row.condition() == ChunkRow.Condition.LIVE
                    && row.location().plainLength() == entry.plainLength()) {
                moves.add(
                        new PackRows.Move(
                                entry.hash(),
                                row.location(),
                                entry.offset(),
                                entry.storedLength(),
                                entry.codec()));
            } else if (correct(lease, row, pack, entry)) {
                done.add(entry.hash());
            }
        }
        for (int from = 0; from < moves.size(); from += PackRows.MOVE_MAX) {
            List<PackRows.Move> some =
                    moves.subList(from, Math.min(moves.size(), from + PackRows.MOVE_MAX));
            List<Boolean> moved = tools.store().packs().move(lease, pack, some);
            for (int i = 0; i < some.size(); i++) {
                if (moved.get(i)) {
                    done.add(some.get(i).hash());
                }
            }
        }
        return done;
    }

    /** Lets a row name a record that was read well, in a sealed pack. */
    boolean correct(WorkLease lease, ChunkRow row, PackId pack, Packs.Entry entry) {
        ChunkLocation from = row.location();
        try {
            return tools.repair()
                    .rows()
                    .correct(
                            lease,
                            row.hash(),
                            from,
                            pack,
                            new RepairRows.PackRecord(
                                    entry.hash(),
                                    entry.offset(),
                                    entry.plainLength(),
                                    entry.storedLength(),
                                    entry.codec()));
        } catch (PackFencedException e) {
            log.info("pack {} is not sealed any more", pack);
            return false;
        }
    }

    private void giveUp(Target target) {
        target.rescue().close();
        seal(target.pack(), target.hold());
    }

    /** Seals the pack empty, so that it goes the way of empty packs. */
    private void seal(PackWriterLease pack, WorkLease hold) {
        try {
            tools.chunks().sealPack(pack, 0);
        } catch (PackFencedException e) {
            log.debug("pack {} was sealed already", pack.pack());
        }
        tools.store().leases().release(hold);
    }
}
