package dev.holdfast.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How fast a scrub reads, and what it leaves to users. By a clock that the test holds. */
class PaceTest {
    private static final long MIB = 1 << 20;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private long now = 5 * SECOND;
    private long foreground;
    private long slept;

    private Pace pace(long bytesPerSecond) {
        return new Pace(
                bytesPerSecond,
                0.25,
                () -> foreground,
                () -> now,
                nanos -> {
                    assertThat(nanos).as("a stop is heard").isLessThanOrEqualTo(SECOND);
                    slept += nanos;
                    now += nanos;
                });
    }

    /**
     * Reads that take so long each, with users served meanwhile or not; how long all of it took.
     */
    private double seconds(Pace pace, int reads, long nanosEach, boolean users)
            throws InterruptedException {
        long began = now;
        for (int i = 0; i < reads; i++) {
            now += nanosEach;
            if (users) {
                foreground += 1_000;
            }
            pace.read(MIB);
        }
        return (now - began) / 1e9;
    }

    @Test
    void aBudgetIsKeptHoweverQuickTheDisksAre() throws InterruptedException {
        Pace pace = pace(16 * MIB);
        assertThat(seconds(pace, 160, SECOND / 1_000, false)).isBetween(9.99, 10.01);
        slept = 0;
        assertThat(seconds(pace, 10, SECOND, false)).as("what is slow waits no more").isEqualTo(10);
        assertThat(slept).isZero();
    }

    @Test
    void aQuarterOfTheBudgetIsLeftWhileUsersAreServedAndAllOfItAfterwards()
            throws InterruptedException {
        Pace pace = pace(16 * MIB);
        assertThat(seconds(pace, 32, SECOND / 1_000, true)).isBetween(7.5, 8.01);
        // The look that sees nothing new is the second one after their last byte.
        seconds(pace, 4, SECOND / 1_000, false);
        assertThat(seconds(pace, 32, SECOND / 1_000, false)).isBetween(1.99, 2.01);
    }

    /** It reads as fast as it can, but not while users want the same disks and processors. */
    @Test
    void anOrderWithoutALimitWaitsForNothingButUsers() throws InterruptedException {
        Pace pace = pace(Long.MAX_VALUE);
        assertThat(seconds(pace, 1_000, SECOND / 1_000, false)).isEqualTo(1);
        assertThat(slept).isZero();
        seconds(pace, 200, SECOND / 1_000, true);
        slept = 0;
        assertThat(seconds(pace, 1_000, SECOND / 1_000, true))
                .as("of its time it works a quarter")
                .isBetween(3.9, 4.01);
        assertThat(slept).isBetween((long) (2.9 * SECOND), 3 * SECOND + 1);
        seconds(pace, 400, SECOND / 1_000, false);
        slept = 0;
        seconds(pace, 100, SECOND / 1_000, false);
        assertThat(slept).as("and goes on at full speed when they are gone").isZero();
    }
}
