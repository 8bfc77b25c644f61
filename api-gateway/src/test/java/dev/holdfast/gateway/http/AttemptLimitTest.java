package dev.holdfast.gateway.http;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AttemptLimitTest {
    private final AtomicLong now = new AtomicLong();
    private final AttemptLimit limit = new AttemptLimit(3, Duration.ofSeconds(30), now::get);

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void afterTooManyFailuresASourceHasToWait() {
        for (int i = 0; i < 3; i++) {
            limit.admit("a");
            limit.failed("a");
        }
        assertThatThrownBy(() -> limit.admit("a"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("10 seconds");
        assertThatCode(() -> limit.admit("b")).doesNotThrowAnyException();
        pass(Duration.ofSeconds(9));
        assertThatThrownBy(() -> limit.admit("a")).isInstanceOf(ProblemException.class);
        pass(Duration.ofSeconds(1));
        limit.admit("a");
        limit.failed("a");
        assertThatThrownBy(() -> limit.admit("a")).isInstanceOf(ProblemException.class);
        pass(Duration.ofSeconds(60));
        for (int i = 0; i < 3; i++) {
            limit.admit("a");
            limit.failed("a");
        }
    }

    @Test
    void whatSucceedsCostsNothing() {
        for (int i = 0; i < 100; i++) {
            limit.admit("a");
        }
    }
}
