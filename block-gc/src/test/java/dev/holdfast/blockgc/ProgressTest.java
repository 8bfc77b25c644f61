package dev.holdfast.blockgc;

import static dev.holdfast.blockgc.GcWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobLoop;
import dev.holdfast.metadata.jobs.JobProgress;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Id128;
import dev.holdfast.model.wire.NodeState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What anybody who looks at a run's job is told of how far it is, and how long it still takes. */
class ProgressTest {
    private static final int FILES = 24;

    /** What the last phase waits, so that it can be seen what the storage has freed. */
    private static final long FREEING_MILLIS = 5_000;

    private final GcWorld world = new GcWorld(17);

    @AfterEach
    void close() {
        world.close();
    }

    /** What was to be seen at one moment. */
    private record Seen(long atMillis, JobProgress progress) {
        long endsAtMillis() {
            return atMillis + progress.remainingMillis();
        }
    }

    /** Steps take as long as what they do is large, and each is followed by a look at the job. */
    private final class Watching implements Pacer {
        final List<Seen> seen = new ArrayList<>();
        private final Id128 job;
        private long lookedAtMillis = world.nowMillis.get();

        Watching(Id128 job) {
            this.job = job;
        }

        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public void stepped(Step step, long units, long nanos) {
            pause(
                    Duration.ofMillis(
                            switch (step) {
                                case ROWS -> 100 * units;
                                case COPY -> units;
                                case FILE -> 500 * units;
                            }));
        }

        @Override
        public void pause(Duration time) {
            world.pass(time);
            JobView view = world.rows.jobs().get(job).orElseThrow();
            if (view.heartbeatAtMillis() > lookedAtMillis) {
                lookedAtMillis = view.heartbeatAtMillis();
                seen.add(new Seen(view.heartbeatAtMillis(), view.progress()));
            }
        }
    }

    /** Packs of which a third lives, and nothing else that is garbage. */
    private void plant() {
        List<NodeState> gone = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            byte[] shared = world.bytes(1_000);
            gone.add(world.file(shared, world.bytes(1_000), world.bytes(1_000)));
            world.file(shared);
        }
        gone.forEach(world::purge);
    }

    private JobRun job() {
        return new JobRun(
                world.rows.jobs(),
                world.rows.jobs().begin(GcWorker.KIND, NOW.json(), "w", JobLoop.LEASE_LIFE),
                JobLoop.LEASE_LIFE,
                world.clock,
                () -> false);
    }

    private Collector collector(Pacer pacer) {
        return new Collector(
                world.rows,
                world.metadata.chunks(),
                world.packs,
                Retention.NONE,
                SharingTest.at(1, Duration.ofMinutes(1)),
                world.clock,
                pacer);
    }

    @Test
    void everyPhaseThatTakesLongTellsHowLongItStillTakes() {
        plant();
        JobRun job = job();
        Watching watching = new Watching(job.id());
        collector(watching).run(job, "w/1");
        long freed = world.nowMillis.get() - FREEING_MILLIS;
        job.end(BackgroundJobs.State.DONE, null, null);
        Map<String, List<Seen>> phases = new LinkedHashMap<>();
        watching.seen.forEach(
                s -> phases.computeIfAbsent(s.progress().cursor(), _ -> new ArrayList<>()).add(s));
        assertThat(phases.keySet())
                .containsExactly("references", "chunks", "compaction", "readers", "deletion");
        List<Map.Entry<String, List<Seen>>> all = List.copyOf(phases.entrySet());
        for (int i = 0; i < all.size(); i++) {
            String phase = all.get(i).getKey();
            List<Seen> told =
                    all.get(i).getValue().stream()
                            .filter(s -> s.progress().remainingMillis() != JobProgress.UNKNOWN)
                            .toList();
            assertThat(told).as("told while in " + phase).isNotEmpty();
            long began = all.get(i).getValue().getFirst().atMillis();
            long ended =
                    i + 1 < all.size() ? all.get(i + 1).getValue().getFirst().atMillis() : freed;
            for (Seen one : told) {
                assertThat(Math.abs(one.endsAtMillis() - ended))
                        .as("%s, from %d to %d: %s", phase, began, ended, one)
                        .isLessThan(5_000 + (ended - began) / 3);
            }
            assertThat(told.getLast().endsAtMillis())
                    .as("%s: at its end it is known to be the end", phase)
                    .isBetween(ended - 5_000, ended + 5_000);
        }
    }

    /** One that nobody ordered gets its job in the midst of a phase, and says so all the same. */
    @Test
    void aRunThatNobodyOrderedSaysWhatItIsAt() {
        plant();
        List<String> phases = new ArrayList<>();
        Pacer looking =
                new Pacer() {
                    @Override
                    public long nanos() {
                        return 0;
                    }

                    @Override
                    public void stepped(Step step, long units, long nanos) {
                        world.pass(Duration.ofSeconds(3));
                        world.rows
                                .jobs()
                                .list(GcWorker.KIND, 1)
                                .forEach(view -> phases.add(view.progress().cursor()));
                    }

                    @Override
                    public void pause(Duration time) {
                        world.pass(time);
                    }
                };
        GcReport report = collector(looking).run(GcRequest.routine(), "routine");
        assertThat(report.state()).isEqualTo(BackgroundJobs.State.DONE);
        assertThat(phases).contains("references", "chunks");
    }

    /** Who waits for work that another has is alive: its job must not be taken from it. */
    @Test
    void aJobThatWaitsForAnotherWorkersPieceIsHeardOfAllTheWhile() {
        plant();
        JobRun job = job();
        var held =
                world.rows
                        .leases()
                        .acquire(ChunkStage.work(3), "another", Duration.ofHours(1))
                        .orElseThrow();
        long began = world.nowMillis.get();
        List<Long> waited = new ArrayList<>();
        Pacer waiting =
                new Pacer() {
                    @Override
                    public long nanos() {
                        return 0;
                    }

                    @Override
                    public void stepped(Step step, long units, long nanos) {}

                    @Override
                    public void pause(Duration time) {
                        world.pass(time);
                        waited.add(world.nowMillis.get() - began);
                        assertThat(
                                        world.rows
                                                .jobs()
                                                .take(GcWorker.KIND, "thief", JobLoop.LEASE_LIFE))
                                .as("after %d ms of waiting", waited.getLast())
                                .isEmpty();
                        if (waited.getLast() >= 3 * JobLoop.LEASE_LIFE.toMillis()) {
                            world.rows.leases().release(held);
                        }
                    }
                };
        collector(waiting).run(job, "w/1");
        assertThat(waited.getLast())
                .as("it waited for longer than its job's lease lives")
                .isGreaterThan(2 * JobLoop.LEASE_LIFE.toMillis());
        assertThat(job.counts()).containsEntry("chunks_dropped", 2L * FILES);
    }
}
