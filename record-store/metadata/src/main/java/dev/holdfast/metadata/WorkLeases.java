package dev.holdfast.metadata;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Shares background work among any number of workers. A lease says who should work, by the clock;
 * that nobody else's transactions count any more is decided by its token.
 */
public interface WorkLeases {
    /** While somebody holds it, no pack is deleted: a backup reads the packs it has listed. */
    String BACKUP = "backup";

    /**
     * While somebody holds it, each process that writes packs ends those that it has open, once.
     */
    String OPEN_PACKS = "open-packs";

    /** Name of the work that needs one pack to stay as it is, apart from its own changes. */
    static String ofPack(dev.holdfast.model.PackId pack) {
        return "pack/" + pack;
    }

    /**
     * Takes the work when it is free, its lease has run out, or this holder has it already: the
     * answer then fences the lease given before. Empty while another holder has it.
     */
    Optional<WorkLease> acquire(String work, String holder, Duration lifetime);

    /**
     * Prolongs the lease.
     *
     * @throws LeaseLostException when another worker has it
     */
    void renew(WorkLease lease, Duration lifetime);

    /** Gives the work back; harmless when it was lost. */
    void release(WorkLease lease);

    /** Who holds the work now, by the clock; read at snapshot. */
    Optional<Held> holder(String work);

    /** Who holds what, for people; at most 1,000. */
    List<Held> held();

    /** A lease as it stands. */
    record Held(String work, String holder, long expiresAtMillis) {}
}
