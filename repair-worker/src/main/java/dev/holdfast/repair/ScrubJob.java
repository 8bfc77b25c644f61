package dev.holdfast.repair;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.metadata.ScrubRows;
import dev.holdfast.metadata.ScrubRows.ScrubPack;
import dev.holdfast.metadata.jobs.JobBody;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.model.PackId;
import dev.holdfast.model.wire.WireJson;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A scrub on order: every pack once. What is done is in the packs' own rows, so that a worker that
 * takes the job over goes on with those that were not read since the job began.
 */
public final class ScrubJob implements JobBody {
    /** The kind of these jobs. */
    public static final String KIND = "scrub";

    private static final int AT_ONCE = 16;
    private static final Duration SHARE_WAIT = Duration.ofMillis(200);

    private final RepairTools tools;
    private final ScrubMeter meter;
    private final String holder;
    private final LongSupplier foregroundBytes;

    ScrubJob(RepairTools tools, ScrubMeter meter, String holder, LongSupplier foregroundBytes) {
        this.tools = tools;
        this.meter = meter;
        this.holder = holder;
        this.foregroundBytes = foregroundBytes;
    }

    /**
     * What came out of a job of repair.
     *
     * @param found things that were wrong
     * @param repaired of these, those that are not any more
     * @param remaining of these, those that still are
     * @param lost of the remaining, chunks without any good copy
     */
    public record Result(
            long packs, long bytes, long found, long repaired, long remaining, long lost) {
        /** Reads what a job left. */
        public static Result parse(String json) {
            try {
                return WireJson.mapper().readValue(json, Result.class);
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException("this is no result of a scrub: " + json, e);
            }
        }

        static Result of(JobRun run) {
            return new Result(
                    run.count("packs"),
                    run.count("bytes"),
                    run.count("found"),
                    run.count("repaired"),
                    run.count("remaining"),
                    run.count("lost"));
        }

        String json() {
            try {
                return WireJson.mapper().writeValueAsString(this);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("a result cannot be written as JSON", e);
            }
        }
    }

    /** Keeps what the work finds in its job. */
    record Kept(JobRun run) implements ScrubWork.Steps {
        @Override
        public void find(Finding finding) {
            run.find(finding.json());
            Finding.Outcome outcome =
                    Finding.Outcome.valueOf(finding.outcome().toUpperCase(Locale.ROOT));
            if (outcome == Finding.Outcome.LEFT) {
                // Worth a line, but no problem: no chunk needs those bytes.
                run.add("left", 1);
                return;
            }
            run.add("found", 1);
            run.add(outcome.settled() ? "repaired" : "remaining", 1);
            if (outcome == Finding.Outcome.LOST) {
                run.add("lost", 1);
            }
        }

        @Override
        public void count(String name, long value) {
            run.add(name, value);
        }

        @Override
        public void goOn() {
            run.goOn();
        }

        @Override
        public void save() {
            run.checkpoint();
        }

        @Override
        public void done(long packs, long bytes) {
            run.add("packs", packs);
            run.add("bytes", bytes);
            run.done(packs, bytes);
        }
    }

    @Override
    public @Nullable String run(JobRun run) {
        ScrubRequest request = ScrubRequest.parse(run.request());
        if (request.routine()) {
            // Its worker died; whoever works by himself goes on where it was.
            return Result.of(run).json();
        }
        Long rate = request.bytesPerSecond();
        Pace pace =
                new Pace(
                        rate == null ? Long.MAX_VALUE : rate,
                        tools.config().foregroundShare(),
                        foregroundBytes,
                        System::nanoTime,
                        TimeUnit.NANOSECONDS::sleep);
        ScrubWork work =
                new ScrubWork(
                        tools,
                        request,
                        holder + "/" + run.id(),
                        meter,
                        new FaultTally(),
                        pace,
                        new Kept(run));
        work.look();
        long[] all = work.enroll();
        long since;
        if (run.cursor().isEmpty()) {
            since = tools.clock().millis();
            run.cursor(String.valueOf(since));
            run.total(all[0], all[1]);
            run.checkpoint();
        } else {
            since = Long.parseLong(run.cursor());
        }
        sealed(run, work, since);
        strays(run, work);
        return Result.of(run).json();
    }

    private void sealed(JobRun run, ScrubWork work, long since) {
        Deque<Integer> left = new ArrayDeque<>();
        for (int shard = 0; shard < ScrubRows.SHARDS; shard++) {
            left.add(shard);
        }
        while (!left.isEmpty()) {
            int shard = left.removeFirst();
            boolean mine =
                    work.share(
                            shard,
                            lease -> {
                                Set<PackId> tried = new HashSet<>();
                                List<ScrubPack> next;
                                do {
                                    next =
                                            tools
                                                    .repair()
                                                    .scrub()
                                                    .unverified(
                                                            shard, since, tried.size() + AT_ONCE)
                                                    .stream()
                                                    .filter(pack -> !tried.contains(pack.pack()))
                                                    .toList();
                                    for (ScrubPack pack : next) {
                                        tried.add(pack.pack());
                                        work.scrub(lease, pack);
                                    }
                                } while (!next.isEmpty());
                            });
            if (!mine) {
                // Another worker reads there: what it reads since counts.
                left.addLast(shard);
                run.goOn();
                LockSupport.parkNanos(SHARE_WAIT.toNanos());
            }
        }
    }

    private void strays(JobRun run, ScrubWork work) {
        for (PackId pack : work.strays()) {
            while (!work.share(
                    ScrubRows.shard(pack),
                    lease -> run.add("bytes", work.scrub(lease, pack, 0, true).bytes()))) {
                run.goOn();
                LockSupport.parkNanos(SHARE_WAIT.toNanos());
            }
            run.add("packs", 1);
        }
    }
}
