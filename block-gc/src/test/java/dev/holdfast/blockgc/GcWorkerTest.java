package dev.holdfast.blockgc;

import static dev.holdfast.blockgc.GcWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Id128;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Of one worker one run goes at a time: its own, or one that was ordered. */
class GcWorkerTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final GcWorld world = new GcWorld(23);

    @AfterEach
    void close() {
        world.close();
    }

    private static void await(String what, BooleanSupplier reached) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                Assertions.fail("not within " + LIMIT + ": " + what);
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    /** Stops at the first step until it is let go. */
    private static final class Gate implements Pacer {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch opened = new CountDownLatch(1);

        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public void stepped(Step step, long units, long nanos) {
            reached.countDown();
            try {
                if (!opened.await(10 * LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IllegalStateException("nobody opened the gate");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }

        @Override
        public void pause(Duration time) {
            Thread.onSpinWait();
        }
    }

    private JobView view(Id128 job) {
        return world.rows.jobs().get(job).orElseThrow();
    }

    /** Otherwise another worker would take it, and both would do it. */
    @Test
    void anOrderThatWaitsForTheWorkersOwnRunIsHeardOfAllTheWhile() throws InterruptedException {
        world.purge(world.file(world.bytes(1_000)));
        Gate gate = new Gate();
        CollectorConfig config = SharingTest.at(1, Duration.ZERO);
        Collector collector =
                new Collector(
                        world.rows,
                        world.metadata.chunks(),
                        world.packs,
                        Retention.NONE,
                        config,
                        world.clock,
                        gate);
        try (GcWorker worker = new GcWorker(collector, world.clock, "w")) {
            Thread own = Thread.ofPlatform().start(worker::collect);
            assertThat(gate.reached.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            worker.start();
            Id128 job = GcWorld.ok(worker.submit(NOW));
            await("it is taken", () -> view(job).state() == BackgroundJobs.State.RUNNING);
            Duration third = config.leaseLife().dividedBy(3);
            for (int i = 0; i < 5; i++) {
                world.pass(third);
                long now = world.nowMillis.get();
                await("a sign of life", () -> view(job).heartbeatAtMillis() == now);
                assertThat(view(job).leaseUntilMillis()).isGreaterThan(now);
            }
            assertThat(view(job).holder()).isEqualTo("w");
            gate.opened.countDown();
            await("its end", () -> view(job).state() == BackgroundJobs.State.DONE);
            assertThat(own.join(LIMIT)).isTrue();
        }
        assertThat(world.packs.files()).isEmpty();
    }
}
