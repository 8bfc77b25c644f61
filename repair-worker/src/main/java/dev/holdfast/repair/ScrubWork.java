package dev.holdfast.repair;

import dev.holdfast.metadata.LeaseLostException;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import dev.holdfast.metadata.ScrubRows;
import dev.holdfast.metadata.ScrubRows.ScrubPack;
import dev.holdfast.metadata.ScrubRows.ShardProgress;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.jobs.JobStoppedException;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What scrubs by hand and by itself share: packs of a shard under the shard's lease, one after the
 * other, each recorded when it is done. For one thread.
 */
final class ScrubWork {
    private static final int PAGE = 500;
    private static final Set<String> ONLY_LOST = Set.of(Cause.LOST.text());

    private final RepairTools tools;
    private final ScrubRequest request;
    private final String holder;
    private final ScrubMeter meter;
    private final Pace pace;
    private final Steps steps;
    private final PackScrub scrub;
    private final NodeWatch nodes;
    private @Nullable WorkLease lease;
    private long renewedAtMillis;

    /** The run that the work belongs to. */
    interface Steps extends FindingSink {
        /** Called between any two steps; throws when the run has to stop. */
        void goOn();

        /** Makes sure that what was found so far is kept. */
        void save();

        void done(long packs, long bytes);
    }

    ScrubWork(
            RepairTools tools,
            ScrubRequest request,
            String holder,
            ScrubMeter meter,
            FaultTally tally,
            Pace pace,
            Steps steps) {
        this.tools = tools;
        this.request = request;
        this.holder = holder;
        this.meter = meter;
        this.pace = pace;
        this.steps = steps;
        this.scrub = new PackScrub(tools, tally, this::read);
        this.nodes =
                new NodeWatch(
                        tools.replicas(), tools.repair().scrub(), tools.clock(), tools.config());
    }

    private void read(long bytes) {
        meter.scanned(bytes);
        try {
            pace.read(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
        }
        goOn();
    }

    private void goOn() {
        steps.goOn();
        WorkLease held = lease;
        long now = tools.clock().millis();
        long life = tools.config().leaseLife().toMillis();
        if (held != null && now - renewedAtMillis > life / 3) {
            tools.store().leases().renew(held, tools.config().leaseLife());
            renewedAtMillis = now;
        }
    }

    /** Adds what was sealed since the last look; answers packs and bytes of all. */
    long[] enroll() {
        long packs = 0;
        long bytes = 0;
        @Nullable PackId last = null;
        List<PackView> page;
        do {
            steps.goOn();
            page = tools.store().packs().atStage(PackStage.SEALED, last, PAGE);
            tools.repair().scrub().enroll(page);
            packs += page.size();
            bytes += page.stream().mapToLong(PackView::length).sum();
            last = page.isEmpty() ? null : page.getLast().pack();
        } while (page.size() == PAGE);
        return new long[] {packs, bytes};
    }

    /** Remembers which DataNodes are up. */
    void look() {
        try {
            nodes.look();
        } catch (IOException e) {
            steps.count("datanodes_unknown", 1);
        }
    }

    /** Work under a lease. */
    interface Body {
        void run(WorkLease lease);
    }

    /** Does work of a shard, if nobody else does it now; a lease lost on the way ends the work. */
    boolean share(int shard, Body body) {
        Optional<WorkLease> taken =
                tools.store()
                        .leases()
                        .acquire(
                                String.format("scrub/%02d", shard),
                                holder,
                                tools.config().leaseLife());
        if (taken.isEmpty()) {
            return false;
        }
        lease = taken.get();
        renewedAtMillis = tools.clock().millis();
        try {
            body.run(taken.get());
            return true;
        } catch (LeaseLostException e) {
            steps.count("leases_lost", 1);
            return false;
        } finally {
            lease = null;
            tools.store().leases().release(taken.get());
        }
    }

    /** Scrubs a pack that has its place in the scrub; true when all of it could be judged. */
    boolean scrub(WorkLease held, ScrubPack pack) {
        long began = tools.clock().millis();
        goOn();
        PackScrub.Result result = scrub(held, pack.pack(), pack.round(), !pack.trouble().isEmpty());
        steps.save();
        ScrubRows rows = tools.repair().scrub();
        if (result.gone()) {
            rows.forget(held, pack.pack());
        } else {
            rows.verified(
                    held,
                    pack.pack(),
                    result.read() ? began : pack.verifiedAtMillis(),
                    due(result.trouble()),
                    true,
                    result.trouble());
        }
        advance(held, pack, result);
        steps.done(1, pack.length());
        return result.gone() || result.read();
    }

    /** Scrubs any pack; of one that was not well, every replica is read. */
    PackScrub.Result scrub(WorkLease held, PackId pack, int round, boolean troubled) {
        PackScrub.Result result =
                scrub.scrub(
                        held, pack, round, troubled || request.allReplicas(), request, metered());
        if (result.repairNanos() > 0) {
            meter.repaired(result.repairNanos());
        }
        return result;
    }

    private FindingSink metered() {
        return new FindingSink() {
            @Override
            public void find(Finding finding) {
                meter.attempted(finding.cause(), finding.outcome());
                steps.find(finding);
            }

            @Override
            public void count(String name, long value) {
                if (value != 0) {
                    steps.count(name, value);
                }
            }
        };
    }

    private long due(Set<String> trouble) {
        long now = tools.clock().millis();
        if (trouble.isEmpty()) {
            return now + tools.config().cycle().toMillis();
        }
        // A loss is over when somebody uploads the bytes; that its own bytes come back is rare.
        long retry = tools.config().retryAfter().toMillis();
        return now + (trouble.equals(ONLY_LOST) ? 6 * retry : retry);
    }

    private void advance(WorkLease held, ScrubPack pack, PackScrub.Result result) {
        ScrubRows rows = tools.repair().scrub();
        int shard = ScrubRows.shard(pack.pack());
        long now = tools.clock().millis();
        ShardProgress before =
                rows.shard(shard)
                        .orElseGet(() -> new ShardProgress(shard, 1, now, 0, rows.bytes(shard), 0));
        boolean counts = pack.verifiedAtMillis() < before.startedAtMillis() && result.read();
        long done = before.doneBytes() + (counts ? pack.length() : 0);
        boolean complete =
                rows.oldest(shard)
                        .filter(oldest -> oldest.verifiedAtMillis() < before.startedAtMillis())
                        .isEmpty();
        rows.progress(
                held,
                complete
                        ? new ShardProgress(
                                shard,
                                before.cycle() + 1,
                                now,
                                0,
                                rows.bytes(shard),
                                now - before.startedAtMillis())
                        : new ShardProgress(
                                shard,
                                before.cycle(),
                                before.startedAtMillis(),
                                done,
                                rows.bytes(shard),
                                before.lastCycleMillis()));
    }

    /**
     * Packs that chunks name although nobody scrubs them: those being written, and those that by
     * their own row, or for want of one, hold no chunk.
     */
    List<PackId> strays() {
        List<PackId> strays = new ArrayList<>();
        @Nullable PackId last = null;
        List<PackId> page;
        do {
            steps.goOn();
            page = tools.repair().rows().namedPacks(last, PAGE);
            for (PackId pack : page) {
                boolean sealed =
                        tools.store()
                                .packs()
                                .pack(pack)
                                .map(PackView::stage)
                                .filter(PackStage.SEALED::equals)
                                .isPresent();
                if (!sealed) {
                    strays.add(pack);
                }
            }
            last = page.isEmpty() ? null : page.getLast();
        } while (page.size() == PAGE);
        return strays;
    }
}
