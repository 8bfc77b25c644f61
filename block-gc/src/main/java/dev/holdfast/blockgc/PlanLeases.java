package dev.holdfast.blockgc;

import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.model.PackId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The leases that stand while a plan is made: what they hold stays, whatever its grace. */
final class PlanLeases {
    private final Map<String, String> standing;

    private PlanLeases(Map<String, String> standing) {
        this.standing = standing;
    }

    static PlanLeases of(List<WorkLeases.Held> held, long nowMillis) {
        Map<String, String> standing = new TreeMap<>();
        for (WorkLeases.Held lease : held) {
            if (lease.expiresAtMillis() > nowMillis) {
                standing.put(
                        lease.work(),
                        lease.holder()
                                + " holds it until "
                                + ChunkStage.time(lease.expiresAtMillis()));
            }
        }
        return new PlanLeases(standing);
    }

    /** Who needs a pack as it is, and until when. */
    Optional<String> of(PackId pack) {
        return standing(WorkLeases.ofPack(pack));
    }

    /** The backup that needs all packs. */
    Optional<String> ofBackup() {
        return standing(WorkLeases.BACKUP).map(held -> "the backup " + held);
    }

    private Optional<String> standing(String work) {
        return Optional.ofNullable(standing.get(work));
    }

    /** One line each: a run leaves what others hold to them. */
    void plan(PlanSink sink) {
        standing.forEach((work, why) -> sink.line(PlanLine.Action.RETAIN, "work " + work, 0, why));
    }
}
