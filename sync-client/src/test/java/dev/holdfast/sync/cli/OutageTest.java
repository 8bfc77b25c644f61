package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long a run waits for a server that fails. */
class OutageTest {
    private final AtomicLong clock = new AtomicLong(-5);
    private final Outage outage = new Outage(clock::get);

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    @Test
    void aServerThatNeverAnsweredIsGivenUpSoon() {
        assertThat(outage.failed(0)).isFalse();
        pass(Outage.FIRST_CONTACT_MAX);
        assertThat(outage.failed(0)).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(outage.failed(0)).isTrue();
    }

    @Test
    void aCutAfterALongTransferIsWaitedForFromTheCut() {
        pass(Duration.ofHours(2));
        assertThat(outage.failed(1_000)).isFalse();
        pass(Outage.MAX);
        assertThat(outage.failed(1_000)).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(outage.failed(1_000)).isTrue();
    }

    @Test
    void whatMovesBetweenTwoFailuresStartsTheWaitAnew() {
        assertThat(outage.failed(1_000)).isFalse();
        pass(Outage.MAX.multipliedBy(2));
        assertThat(outage.failed(1_001)).isFalse();
        pass(Outage.MAX.multipliedBy(2));
        assertThat(outage.failed(1_001)).isTrue();
    }

    @Test
    void aCycleThatEndedStartsTheWaitAnewAndIsContact() {
        assertThat(outage.failed(0)).isFalse();
        outage.over();
        pass(Duration.ofHours(1));
        assertThat(outage.failed(0)).isFalse();
        pass(Outage.MAX);
        assertThat(outage.failed(0)).isFalse();
    }

    @Test
    void failuresWithoutEndAreGivenUpThoughBytesMove() {
        for (int failure = 1; failure <= Outage.FAILURES_MAX; failure++) {
            assertThat(outage.failed(failure)).isFalse();
        }
        assertThat(outage.failed(Outage.FAILURES_MAX + 1)).isTrue();
    }
}
