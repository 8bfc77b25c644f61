package dev.holdfast.repair;

import dev.holdfast.metadata.ScrubRows;
import dev.holdfast.metadata.ScrubRows.ScrubPack;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobLoop;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobStoppedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The scrub that a worker does by itself: whatever is due, shard by shard. It mends what it finds,
 * within the error budgets. A sweep gets a job, and with it a report, with the first thing it
 * finds, so that a healthy store leaves none.
 */
final class RoutineScrub {
    private static final int SHARD_PACKS_MAX = 16;
    private static final int WANTED_PAGE = 200;

    /** Between two looks at which packs and DataNodes there are: the one costs a list of all. */
    private static final Duration LOOK_PERIOD = Duration.ofMinutes(1);

    private final RepairTools tools;
    private final ScrubMeter meter;
    private final String holder;
    private final LongSupplier foregroundBytes;
    private final BooleanSupplier closing;
    private final ScrubRequest request;
    private final FaultTally tally = new FaultTally();
    private long sweeps;
    private long lookedAtMillis;

    RoutineScrub(
            RepairTools tools,
            ScrubMeter meter,
            String holder,
            LongSupplier foregroundBytes,
            BooleanSupplier closing) {
        this.tools = tools;
        this.meter = meter;
        this.holder = holder;
        this.foregroundBytes = foregroundBytes;
        this.closing = closing;
        this.request = new ScrubRequest(false, true, tools.config().bytesPerSecond(), true);
    }

    /** Reads what is due now. */
    void sweep() {
        Steps steps = new Steps(holder + "/" + ++sweeps);
        Pace pace =
                new Pace(
                        tools.config().bytesPerSecond(),
                        tools.config().foregroundShare(),
                        foregroundBytes,
                        System::nanoTime,
                        TimeUnit.NANOSECONDS::sleep);
        ScrubWork work = new ScrubWork(tools, request, steps.name, meter, tally, pace, steps);
        boolean ended = false;
        try {
            long now = tools.clock().millis();
            if (now - lookedAtMillis >= LOOK_PERIOD.toMillis()) {
                lookedAtMillis = now;
                work.look();
                work.enroll();
                tools.repair().rows().tidyWanted(WANTED_PAGE);
            }
            boolean worked;
            do {
                worked = false;
                for (int shard = 0; shard < ScrubRows.SHARDS; shard++) {
                    worked |= some(work, steps, shard);
                }
            } while (worked);
            ended = true;
        } finally {
            steps.end(ended);
        }
    }

    private boolean some(ScrubWork work, Steps steps, int shard) {
        List<ScrubPack> due = due(shard);
        steps.goOn();
        if (due.isEmpty()) {
            return false;
        }
        return work.share(
                shard,
                lease -> {
                    // Read again: whoever had the shard until now may have read them.
                    for (ScrubPack pack : due(shard)) {
                        work.scrub(lease, pack);
                    }
                });
    }

    private List<ScrubPack> due(int shard) {
        return tools.repair().scrub().due(shard, tools.clock().millis(), SHARD_PACKS_MAX);
    }

    /** The sweep's job, which begins when there is something to say. */
    private final class Steps implements ScrubWork.Steps {
        private final String name;
        private @Nullable JobRun run;

        Steps(String name) {
            this.name = name;
        }

        private JobRun run() {
            JobRun known = run;
            if (known == null) {
                BackgroundJobs jobs = tools.store().jobs();
                known =
                        new JobRun(
                                jobs,
                                jobs.begin(ScrubJob.KIND, request.json(), name, JobLoop.LEASE_LIFE),
                                JobLoop.LEASE_LIFE,
                                tools.clock(),
                                closing);
                run = known;
            }
            return known;
        }

        @Override
        public void find(Finding finding) {
            new ScrubJob.Kept(run()).find(finding);
        }

        @Override
        public void count(String counted, long value) {
            if (run != null) {
                run.add(counted, value);
            }
        }

        @Override
        public void goOn() {
            if (closing.getAsBoolean() || Thread.currentThread().isInterrupted()) {
                throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
            }
            if (run != null) {
                run.goOn();
            }
        }

        @Override
        public void save() {
            if (run != null) {
                run.checkpoint();
            }
        }

        @Override
        public void done(long packs, long bytes) {
            if (run != null) {
                new ScrubJob.Kept(run).done(packs, bytes);
            }
        }

        void end(boolean ended) {
            JobRun known = run;
            if (known != null) {
                known.end(
                        ended ? BackgroundJobs.State.DONE : BackgroundJobs.State.CANCELLED,
                        null,
                        ScrubJob.Result.of(known).json());
            }
        }
    }
}
