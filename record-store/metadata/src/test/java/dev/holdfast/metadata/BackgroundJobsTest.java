package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.BackgroundJobs.State;
import dev.holdfast.metadata.jobs.BackgroundJobs.Taken;
import dev.holdfast.metadata.jobs.BackgroundJobs.Wish;
import dev.holdfast.metadata.jobs.JobLoop;
import dev.holdfast.metadata.jobs.JobLostException;
import dev.holdfast.metadata.jobs.JobProgress;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is kept of background jobs, and who may change it. */
class BackgroundJobsTest {
    private static final Duration LIFE = Duration.ofSeconds(10);

    private CollectionWorld world;
    private BackgroundJobs jobs;

    @BeforeEach
    void open() {
        world = new CollectionWorld();
        jobs = world.plain.jobs();
    }

    @AfterEach
    void close() {
        world.close();
    }

    private Id128 submit(String kind) {
        return switch (jobs.submit(kind, "{\"a\":1}")) {
            case Answer.Ok<Id128>(var id) -> id;
            case Answer.Refused<Id128>(var refusal) -> throw new AssertionError(refusal);
        };
    }

    private JobView view(Id128 job) {
        return jobs.get(job).orElseThrow();
    }

    private JobRun run(Taken taken) {
        InstantSource clock = () -> Instant.EPOCH;
        return new JobRun(jobs, taken, LIFE, clock, () -> false);
    }

    @Test
    void theOldestJobOfTheKindIsTakenByOneWorker() {
        Id128 first = submit("gc");
        world.cell.pass(Duration.ofMillis(5));
        Id128 second = submit("gc");
        submit("fsck");
        assertThat(jobs.take("gc", "a", LIFE).orElseThrow().job().id()).isEqualTo(first);
        assertThat(jobs.take("gc", "b", LIFE).orElseThrow().job().id()).isEqualTo(second);
        assertThat(jobs.take("gc", "c", LIFE)).isEmpty();
        assertThat(view(first).state()).isEqualTo(State.RUNNING);
        assertThat(view(first).holder()).isEqualTo("a");
        assertThat(view(first).request()).isEqualTo("{\"a\":1}");
    }

    @Test
    void aDeadWorkersJobGoesOnAtItsCursorAndTheZombieCanWriteNothing() {
        submit("gc");
        Taken dead = jobs.take("gc", "dead", LIFE).orElseThrow();
        JobProgress half = new JobProgress("half", Map.of("a", 1L), 1, 2, 3, 4, 5);
        jobs.report(dead.lease(), LIFE, half, 1, List.of("{\"n\":1}"));
        world.cell.pass(LIFE);
        assertThat(jobs.take("gc", "b", LIFE)).as("its lease has not run out").isEmpty();
        world.cell.pass(Duration.ofMillis(1));
        Taken next = jobs.take("gc", "b", LIFE).orElseThrow();
        assertThat(next.job().progress()).isEqualTo(half);
        assertThat(next.job().findings()).isEqualTo(1);
        assertThatThrownBy(
                        () -> jobs.report(dead.lease(), LIFE, JobProgress.NONE, 2, List.of("{}")))
                .isInstanceOf(JobLostException.class);
        assertThatThrownBy(() -> jobs.end(dead.lease(), State.DONE, JobProgress.NONE, null, null))
                .isInstanceOf(JobLostException.class);
        assertThatThrownBy(() -> jobs.pause(dead.lease(), JobProgress.NONE))
                .isInstanceOf(JobLostException.class);
        assertThat(view(next.job().id()).progress()).isEqualTo(half);
        assertThat(jobs.findings(next.job().id(), 0, 10)).hasSize(1);
    }

    @Test
    void aProcessThatIsAloneTakesOverWithoutWaiting() {
        submit("gc");
        submit("fsck");
        Taken dead = jobs.take("gc", "dead", LIFE).orElseThrow();
        WorkLeases leases = world.plain.leases();
        WorkLease lost = leases.acquire("work", "dead", LIFE).orElseThrow();
        assertThat(leases.acquire("work", "alive", LIFE)).isEmpty();
        world.plain.takeOver();
        assertThat(leases.held()).isEmpty();
        assertThat(leases.acquire("work", "alive", LIFE)).isPresent();
        assertThatThrownBy(() -> leases.renew(lost, LIFE)).isInstanceOf(LeaseLostException.class);
        Taken next = jobs.take("gc", "alive", LIFE).orElseThrow();
        assertThat(next.job().id()).isEqualTo(dead.job().id());
        assertThatThrownBy(() -> jobs.end(dead.lease(), State.DONE, JobProgress.NONE, null, null))
                .isInstanceOf(JobLostException.class);
        assertThat(jobs.take("fsck", "alive", LIFE)).as("what waits goes on waiting").isPresent();
    }

    /** Not by what another worker did before, nor by what another phase took. */
    @Test
    void howLongItStillTakesIsToldByThePaceOfThisWorkerInThisPhase() {
        Id128 job = submit("gc");
        AtomicLong now = new AtomicLong(1_000_000);
        InstantSource clock = () -> Instant.ofEpochMilli(now.get());
        JobRun run =
                new JobRun(
                        jobs, jobs.take("gc", "a", LIFE).orElseThrow(), LIFE, clock, () -> false);
        run.phase("first");
        run.total(100, 0);
        assertThat(remaining(run, job)).isEqualTo(JobProgress.UNKNOWN);
        now.addAndGet(10_000);
        assertThat(remaining(run, job)).as("nothing done yet").isEqualTo(JobProgress.UNKNOWN);
        run.done(20, 0);
        assertThat(remaining(run, job)).isEqualTo(40_000);

        run.phase("second");
        assertThat(remaining(run, job)).isEqualTo(JobProgress.UNKNOWN);
        assertThat(view(job).progress().itemsDone()).isZero();
        run.total(10, 1_000_000);
        now.addAndGet(5_000);
        run.done(1, 250_000);
        assertThat(remaining(run, job)).as("bytes say more than items").isEqualTo(15_000);
        run.done(9, 800_000);
        assertThat(remaining(run, job)).as("more than was thought").isZero();

        run.phase("third");
        run.until(now.get() + 7_000);
        assertThat(remaining(run, job)).isEqualTo(7_000);
        now.addAndGet(8_000);
        assertThat(remaining(run, job)).isZero();

        run.phase("fourth");
        run.total(1_000, 0);
        now.addAndGet(3_600_000);
        run.done(500, 0);
        run.checkpoint();
        world.cell.pass(LIFE.plusMillis(1));
        JobRun next =
                new JobRun(
                        jobs, jobs.take("gc", "b", LIFE).orElseThrow(), LIFE, clock, () -> false);
        assertThat(remaining(next, job)).isEqualTo(JobProgress.UNKNOWN);
        now.addAndGet(10_000);
        next.done(100, 0);
        assertThat(remaining(next, job)).isEqualTo(40_000);
    }

    private long remaining(JobRun run, Id128 job) {
        run.checkpoint();
        return view(job).progress().remainingMillis();
    }

    @Test
    void aRepeatedReportAddsNothingTwice() {
        Id128 job = submit("gc");
        Taken taken = jobs.take("gc", "a", LIFE).orElseThrow();
        for (int i = 0; i < 2; i++) {
            jobs.report(taken.lease(), LIFE, JobProgress.NONE, 1, List.of("{\"n\":1}", "{}"));
        }
        assertThat(view(job).findings()).isEqualTo(2);
        assertThat(jobs.findings(job, 1, 10)).containsExactly(new BackgroundJobs.Finding(2, "{}"));
        for (int i = 0; i < 2; i++) {
            jobs.end(taken.lease(), State.FAILED, JobProgress.NONE, "why", "{\"r\":2}");
        }
        assertThat(view(job).problem()).isEqualTo("why");
        assertThat(view(job).result()).isEqualTo("{\"r\":2}");
        assertThat(view(job).findings()).isEqualTo(2);
    }

    @Test
    void aWaitingJobPausesResumesAndIsCancelledAtOnce() {
        Id128 job = submit("gc");
        assertThat(jobs.wish(job, Wish.PAUSE).orElseThrow().state()).isEqualTo(State.PAUSED);
        assertThat(jobs.take("gc", "a", LIFE)).isEmpty();
        assertThat(jobs.wish(job, Wish.GO_ON).orElseThrow().state()).isEqualTo(State.QUEUED);
        assertThat(jobs.wish(job, Wish.CANCEL).orElseThrow().state()).isEqualTo(State.CANCELLED);
        assertThat(jobs.wish(job, Wish.GO_ON).orElseThrow().state()).isEqualTo(State.CANCELLED);
        assertThat(jobs.take("gc", "a", LIFE)).isEmpty();
        assertThat(jobs.wish(new Id128(1, 2), Wish.PAUSE)).isEmpty();
    }

    @Test
    void aRunningJobHearsOfAWishAndGoesOnWhereItStopped() {
        Id128 job = submit("gc");
        JobLoop.run(
                run(jobs.take("gc", "a", LIFE).orElseThrow()),
                run -> {
                    run.cursor("here");
                    run.add("steps", 1);
                    run.find("{\"f\":1}");
                    assertThat(jobs.wish(job, Wish.PAUSE).orElseThrow().state())
                            .isEqualTo(State.RUNNING);
                    run.checkpoint();
                    throw new AssertionError("a paused job went on");
                });
        assertThat(view(job).state()).isEqualTo(State.PAUSED);
        assertThat(jobs.take("gc", "a", LIFE)).isEmpty();
        jobs.wish(job, Wish.GO_ON);
        JobLoop.run(
                run(jobs.take("gc", "b", LIFE).orElseThrow()),
                run -> {
                    assertThat(run.cursor()).isEqualTo("here");
                    run.add("steps", 1);
                    run.find("{\"f\":2}");
                    return "{\"ok\":true}";
                });
        assertThat(view(job).state()).isEqualTo(State.DONE);
        assertThat(view(job).result()).isEqualTo("{\"ok\":true}");
        assertThat(view(job).progress().counts()).containsEntry("steps", 2L);
        assertThat(jobs.findings(job, 0, 10))
                .extracting(BackgroundJobs.Finding::text)
                .containsExactly("{\"f\":1}", "{\"f\":2}");
    }

    @Test
    void aCancelledJobOfADeadWorkerEndsWithoutAnother() {
        Id128 job = submit("gc");
        Taken dead = jobs.take("gc", "dead", LIFE).orElseThrow();
        world.cell.pass(LIFE.plusMillis(1));
        assertThat(jobs.wish(job, Wish.CANCEL).orElseThrow().state()).isEqualTo(State.CANCELLED);
        assertThatThrownBy(() -> jobs.end(dead.lease(), State.DONE, JobProgress.NONE, null, null))
                .isInstanceOf(JobLostException.class);
    }

    @Test
    void anErrorFailsTheJobWithItsMessage() {
        Id128 job = submit("gc");
        JobLoop.run(
                run(jobs.take("gc", "a", LIFE).orElseThrow()),
                run -> {
                    throw new java.io.IOException("no such disk");
                });
        assertThat(view(job).state()).isEqualTo(State.FAILED);
        assertThat(view(job).problem()).isEqualTo("no such disk");
    }

    @Test
    void openJobsAndRememberedOnesAreLimited() {
        Id128 oldest = submit("gc");
        Taken taken = jobs.take("gc", "a", LIFE).orElseThrow();
        jobs.report(taken.lease(), LIFE, JobProgress.NONE, 1, List.of("{}"));
        jobs.end(taken.lease(), State.DONE, JobProgress.NONE, null, null);
        for (int i = 0; i <= BackgroundJobs.KEPT_MAX; i++) {
            world.cell.pass(Duration.ofMillis(1));
            Taken next = jobs.begin("gc", "{}", "a", LIFE);
            jobs.end(next.lease(), State.DONE, JobProgress.NONE, null, null);
        }
        assertThat(jobs.get(oldest)).as("the oldest is forgotten").isEmpty();
        assertThat(jobs.findings(oldest, 0, 10)).isEmpty();
        assertThat(jobs.list(null, 1_000)).hasSizeLessThanOrEqualTo(BackgroundJobs.KEPT_MAX + 1);
        for (int i = 0; i < BackgroundJobs.OPEN_MAX; i++) {
            submit("fsck");
        }
        assertThat(jobs.submit("fsck", "{}")).isInstanceOf(Answer.Refused.class);
    }

    @Test
    void aSubmissionWhoseCommitWasUnknownDoesNotTakeTheJobBackFromItsWorker() {
        AtomicInteger commits = new AtomicInteger(Integer.MIN_VALUE);
        Faults.Fault fault =
                new Faults.Fault(Faults.Fate.COMMIT, FdbError.COMMIT_UNKNOWN_RESULT, 0);
        AtomicReference<Runnable> worker = new AtomicReference<>(() -> {});
        TestDatabase place =
                TestDatabase.measured(
                        TestDatabase.open(() -> commits.get() == 1 ? fault : null),
                        size -> {
                            if (commits.incrementAndGet() == 2) {
                                // The commit may be sent from a callback, where none may wait.
                                try (var others = Executors.newVirtualThreadPerTaskExecutor()) {
                                    others.execute(Objects.requireNonNull(worker.get()));
                                }
                            }
                        });
        try (TestCell cell = new TestCell(7, place)) {
            BackgroundJobs theirs = cell.collection().jobs();
            AtomicReference<Taken> taken = new AtomicReference<>();
            worker.set(() -> taken.set(theirs.take("gc", "w1", LIFE).orElseThrow()));
            commits.set(0);
            Id128 job =
                    switch (theirs.submit("gc", "{}")) {
                        case Answer.Ok<Id128>(var id) -> id;
                        case Answer.Refused<Id128>(var refusal) ->
                                throw new AssertionError(refusal);
                    };
            assertThat(Objects.requireNonNull(taken.get()).lease().job()).isEqualTo(job);
            assertThat(theirs.get(job).orElseThrow().state()).isEqualTo(State.RUNNING);
            assertThat(theirs.take("gc", "w2", LIFE)).isEmpty();
        }
    }

    @Test
    void whoResumesAJobThatIsAboutToPauseIsHeard() {
        Id128 job = submit("gc");
        Taken taken = jobs.take("gc", "w1", LIFE).orElseThrow();
        jobs.wish(job, Wish.PAUSE);
        assertThat(jobs.report(taken.lease(), LIFE, JobProgress.NONE, 1, List.of()))
                .isEqualTo(Wish.PAUSE);
        jobs.wish(job, Wish.GO_ON);
        jobs.pause(taken.lease(), JobProgress.NONE);
        assertThat(view(job).state()).isEqualTo(State.QUEUED);
    }
}
