package dev.holdfast.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How the limit moves, on a clock of the test's own. */
class AdaptiveLimitTest {
    private static final Duration SLOW = Duration.ofSeconds(1);

    private final AtomicLong now = new AtomicLong();
    private final AdaptiveLimit limit = new AdaptiveLimit(4, 100, SLOW, now::get);

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private void failAll() {
        int places = 0;
        while (limit.tryAcquire()) {
            places++;
        }
        for (int i = 0; i < places; i++) {
            limit.release(1_000, true);
        }
    }

    @Test
    void grantsNoMoreThanItsHeight() {
        for (int i = 0; i < 100; i++) {
            assertThat(limit.tryAcquire()).isTrue();
        }
        assertThat(limit.tryAcquire()).isFalse();
        limit.release(1_000, false);
        assertThat(limit.tryAcquire()).isTrue();
    }

    @Test
    void oneJamLowersItOnceAndLastingTroubleToTheFloor() {
        failAll();
        assertThat(limit.limit()).isEqualTo(70);
        failAll();
        assertThat(limit.limit()).isEqualTo(70);
        for (int i = 0; i < 30; i++) {
            pass(Duration.ofMillis(100));
            failAll();
        }
        assertThat(limit.limit()).isEqualTo(4);
    }

    @Test
    void slownessIsOverload() {
        assertThat(limit.tryAcquire()).isTrue();
        limit.release(SLOW.toNanos() + 1, false);
        assertThat(limit.limit()).isEqualTo(70);
    }

    @Test
    void itClimbsBackOnlyWhileItIsInUse() {
        for (int i = 0; i < 30; i++) {
            pass(Duration.ofMillis(100));
            failAll();
        }
        for (int i = 0; i < 10_000; i++) {
            assertThat(limit.tryAcquire()).isTrue();
            limit.release(1_000, false);
        }
        assertThat(limit.limit()).isEqualTo(4);
        for (int i = 0; i < 10_000; i++) {
            int held = 0;
            while (limit.tryAcquire()) {
                held++;
            }
            for (int j = 0; j < held; j++) {
                limit.release(1_000, false);
            }
        }
        assertThat(limit.limit()).isEqualTo(100);
    }
}
