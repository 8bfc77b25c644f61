package dev.holdfast.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.AccountId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.Sha256;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Quotas of devices and accounts, on a clock of the test's own. */
class RateLimitsTest {
    private static final AccountId ACCOUNT = new AccountId(new Id128(1, 1));
    private static final Sha256 A = new Sha256(1, 2, 3, 4);
    private static final Sha256 B = new Sha256(5, 6, 7, 8);

    private final AtomicLong now = new AtomicLong(-5_000_000_000L);

    private RateLimits limits(int device, int account) {
        return new RateLimits(
                new RateLimits.Quota(device, Duration.ofSeconds(10)),
                new RateLimits.Quota(account, Duration.ofSeconds(10)),
                token -> ACCOUNT,
                now::get);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void aQuotaComesBackEvenlyAndNeverExceedsItself() {
        RateLimits limits = limits(10, 1_000);
        for (int i = 0; i < 10; i++) {
            assertThat(limits.take(A).refusedScope()).isNull();
        }
        RateLimits.Grant refused = limits.take(A);
        assertThat(refused.refusedScope()).isEqualTo("device");
        assertThat(refused.waitSeconds()).isEqualTo(1);
        pass(Duration.ofSeconds(1));
        assertThat(limits.take(A).refusedScope()).isNull();
        assertThat(limits.take(A).refusedScope()).isEqualTo("device");
        pass(Duration.ofHours(5));
        for (int i = 0; i < 10; i++) {
            assertThat(limits.take(A).refusedScope()).isNull();
        }
        assertThat(limits.take(A).refusedScope()).isEqualTo("device");
    }

    @Test
    void theDevicesOfAnAccountShareItsQuota() {
        RateLimits limits = limits(10, 12);
        for (int i = 0; i < 6; i++) {
            assertThat(limits.take(A).refusedScope()).isNull();
            assertThat(limits.take(B).refusedScope()).isNull();
        }
        assertThat(limits.take(A).refusedScope()).isEqualTo("account");
        assertThat(limits.take(B).refusedScope()).isEqualTo("account");
    }

    @Test
    void whatIsLeftIsThatOfTheTighterQuota() {
        RateLimits limits = limits(10, 12);
        assertThat(limits.take(A).left().get()).isEqualTo("\"device\";r=9;t=1");
        for (int i = 0; i < 9; i++) {
            assertThat(limits.take(B).refusedScope()).isNull();
        }
        assertThat(limits.take(A).left().get()).startsWith("\"account\";r=1;t=");
    }

    @Test
    void clientsThatAskTogetherGetNoMoreThanTheQuota() throws Exception {
        RateLimits limits = limits(1_000, 100_000);
        AtomicLong granted = new AtomicLong();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                work.add(() -> {
                    for (int j = 0; j < 1_000; j++) {
                        if (limits.take(A).refusedScope() == null) {
                            granted.incrementAndGet();
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        }
        assertThat(granted.get()).isEqualTo(1_000);
    }

    @Test
    void inventedTokensFillNoMemoryAndShareOneQuota() {
        RateLimits limits = limits(10, 100_000_000);
        int refused = 0;
        for (int i = 0; i < RateLimits.CLIENTS_MAX + 1_000; i++) {
            if (limits.take(new Sha256(i, 9, 9, 9)).refusedScope() != null) {
                refused++;
            }
        }
        assertThat(refused).isEqualTo(1_000 - 10);
        pass(Duration.ofSeconds(2));
        assertThat(limits.take(new Sha256(-1, 9, 9, 9)).refusedScope()).isNull();
    }
}
