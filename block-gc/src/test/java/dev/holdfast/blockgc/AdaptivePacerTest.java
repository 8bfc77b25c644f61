package dev.holdfast.blockgc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.metadata.jobs.JobStoppedException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The collection gives way to whoever makes FoundationDB or HDFS slow, and comes back after. */
class AdaptivePacerTest {
    private static final long STEP = Duration.ofMillis(100).toNanos();
    private static final PaceConfig CONFIG =
            new PaceConfig(
                    1, 64L << 20, 0.5, 0.02, 3, Duration.ofMillis(20), Duration.ofSeconds(2));

    private final AtomicLong waited = new AtomicLong();
    private final AdaptivePacer pacer =
            new AdaptivePacer(CONFIG, () -> 0, nanos -> waited.addAndGet(nanos));

    private long waitAfter(Pacer.Step step, long units, long nanos) {
        waited.set(0);
        pacer.stepped(step, units, nanos);
        return waited.get();
    }

    @Test
    void aQuietStoreIsAskedForItsShareOfTheTime() {
        for (int i = 0; i < 50; i++) {
            assertThat(waitAfter(Pacer.Step.ROWS, 200, STEP)).isEqualTo(STEP);
        }
    }

    @Test
    void aStoreThatBecomesSlowIsLeftAloneAndAskedAgainWhenItIsQuick() {
        for (int i = 0; i < 50; i++) {
            pacer.stepped(Pacer.Step.ROWS, 200, STEP);
        }
        for (int i = 0; i < 40; i++) {
            pacer.stepped(Pacer.Step.ROWS, 200, 5 * STEP);
        }
        assertThat(pacer.share(Pacer.Step.ROWS)).isEqualTo(CONFIG.busyShareMin());
        assertThat(waitAfter(Pacer.Step.ROWS, 200, 5 * STEP))
                .as("no wait is so long that a lease runs out")
                .isEqualTo(CONFIG.waitMax().toNanos());
        assertThat(pacer.share(Pacer.Step.COPY)).as("HDFS is not slow").isEqualTo(0.5);
        for (int i = 0; i < 60; i++) {
            pacer.stepped(Pacer.Step.ROWS, 200, STEP);
        }
        assertThat(pacer.share(Pacer.Step.ROWS)).isEqualTo(CONFIG.busyShareMax());
    }

    @Test
    void aSlowHdfsHoldsCopiesBackAndNotTheRows() {
        for (int i = 0; i < 20; i++) {
            pacer.stepped(Pacer.Step.COPY, 1 << 20, STEP);
        }
        for (int i = 0; i < 40; i++) {
            pacer.stepped(Pacer.Step.COPY, 1 << 20, 8 * STEP);
        }
        assertThat(pacer.share(Pacer.Step.COPY)).isEqualTo(CONFIG.busyShareMin());
        assertThat(pacer.share(Pacer.Step.ROWS)).isEqualTo(CONFIG.busyShareMax());
    }

    @Test
    void smallBatchesAfterLargeOnesAreNotSlow() {
        for (int i = 0; i < 100; i++) {
            pacer.stepped(Pacer.Step.ROWS, 200, 11 * STEP / 10);
            pacer.stepped(Pacer.Step.ROWS, 2, STEP / 4);
        }
        assertThat(pacer.share(Pacer.Step.ROWS)).isEqualTo(CONFIG.busyShareMax());
    }

    @Test
    void quickStepsAreNeverSlow() {
        pacer.stepped(Pacer.Step.ROWS, 1, 1_000_000);
        for (int i = 0; i < 50; i++) {
            pacer.stepped(Pacer.Step.ROWS, 1, 19_000_000);
        }
        assertThat(pacer.share(Pacer.Step.ROWS)).isEqualTo(CONFIG.busyShareMax());
    }

    @Test
    void aStoreThatIsSlowForGoodIsNotLeftAloneForGood() {
        pacer.stepped(Pacer.Step.ROWS, 200, STEP);
        for (int i = 0; i < 2_000; i++) {
            pacer.stepped(Pacer.Step.ROWS, 200, 6 * STEP);
        }
        assertThat(pacer.share(Pacer.Step.ROWS)).isEqualTo(CONFIG.busyShareMax());
    }

    @Test
    void copyingKeepsToItsBytesASecond() {
        long bytes = 8 << 20;
        long nanos = 1_000_000;
        assertThat(waitAfter(Pacer.Step.COPY, bytes, nanos))
                .isCloseTo(Duration.ofMillis(125).toNanos() - nanos, within(1_000L));
    }

    @Test
    void anInterruptedWaitEndsTheWork() {
        AdaptivePacer interrupted =
                new AdaptivePacer(
                        CONFIG,
                        () -> 0,
                        nanos -> {
                            throw new InterruptedException("closing");
                        });
        assertThatThrownBy(() -> interrupted.pause(Duration.ofSeconds(1)))
                .isInstanceOf(JobStoppedException.class);
        assertThat(Thread.interrupted()).isTrue();
    }
}
