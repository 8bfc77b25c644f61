package dev.holdfast.sync.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ThrottleTest {
    private static final long SECOND = 1_000_000_000L;
    private final AtomicLong now = new AtomicLong(42);
    private final Throttle throttle = new Throttle(now::get, now::addAndGet);

    private long nanosFor(int bytes) throws IOException {
        long start = now.get();
        InputStream slow = throttle.slow(new ByteArrayInputStream(new byte[bytes]));
        assertThat(slow.readAllBytes()).hasSize(bytes);
        return now.get() - start;
    }

    @Test
    void withoutALimitNothingWaits() throws IOException {
        assertThat(nanosFor(10 << 20)).isZero();
    }

    @Test
    void bytesTakeTheTimeThatTheLimitGivesThem() throws IOException {
        throttle.limit(100_000);
        assertThat(nanosFor(1_000_000)).isBetween(9 * SECOND, 11 * SECOND);
    }

    @Test
    void aChangedLimitHoldsFromThenOn() throws IOException {
        throttle.limit(100_000);
        nanosFor(500_000);
        throttle.limit(1_000_000);
        assertThat(nanosFor(1_000_000)).isBetween(9 * SECOND / 10, 12 * SECOND / 10);
        throttle.limit(0);
        assertThat(nanosFor(10_000_000)).isZero();
    }

    @Test
    void idleTimeIsNotSavedUp() throws IOException {
        throttle.limit(100_000);
        now.addAndGet(3_600 * SECOND);
        assertThat(nanosFor(1_000_000)).isGreaterThan(9 * SECOND);
    }

    @Test
    void aPauseBreaksOffWhatIsUnderWay() throws IOException {
        InputStream slow = throttle.slow(new ByteArrayInputStream(new byte[100]));
        assertThat(slow.read(new byte[10])).isEqualTo(10);
        throttle.pause(true);
        assertThatThrownBy(() -> slow.read(new byte[10])).isInstanceOf(PausedException.class);
        throttle.pause(false);
        assertThat(slow.readAllBytes()).hasSize(90);
    }

    @Test
    void aLimitBelowTheLowestIsRefused() {
        assertThatThrownBy(() -> throttle.limit(Throttle.BYTES_PER_SECOND_MIN - 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
