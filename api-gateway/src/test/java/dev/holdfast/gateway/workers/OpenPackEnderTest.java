package dev.holdfast.gateway.workers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.WorkLeases;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process ends its packs once for each collection that asks, wherever that runs. */
class OpenPackEnderTest {
    /** Leases of which somebody holds one, or of which the store cannot tell. */
    private static final class Leases implements WorkLeases {
        private final Semaphore asked = new Semaphore(0);
        private volatile String holder = "";
        private volatile boolean broken;

        @Override
        public Optional<WorkLeases.Held> holder(String work) {
            asked.release();
            if (broken) {
                throw new IllegalStateException("FoundationDB does not answer");
            }
            assertThat(work).isEqualTo(WorkLeases.OPEN_PACKS);
            return holder.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new WorkLeases.Held(work, holder, 1));
        }

        @Override
        public Optional<WorkLease> acquire(String work, String holder, Duration lifetime) {
            throw new AssertionError("it takes no lease");
        }

        @Override
        public void renew(WorkLease lease, Duration lifetime) {
            throw new AssertionError("it has no lease");
        }

        @Override
        public void release(WorkLease lease) {
            throw new AssertionError("it has no lease");
        }

        @Override
        public List<WorkLeases.Held> held() {
            throw new AssertionError("it asks for one");
        }

        private void awaitAsked(int times) throws InterruptedException {
            asked.drainPermits();
            assertThat(asked.tryAcquire(times, 30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void packsAreEndedOnceForEachHolderAlsoAfterAnErrorOfTheStore() throws Exception {
        Leases leases = new Leases();
        Semaphore ended = new Semaphore(0);
        try (OpenPackEnder ender = new OpenPackEnder(leases, ended::release)) {
            leases.awaitAsked(1);
            assertThat(ended.availablePermits()).as("nobody wants it").isZero();
            leases.holder = "run 1";
            assertThat(ended.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
            leases.awaitAsked(2);
            assertThat(ended.availablePermits()).as("once").isZero();
            leases.broken = true;
            leases.awaitAsked(2);
            leases.holder = "run 2";
            leases.broken = false;
            assertThat(ended.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
            assertThat(ender).isNotNull();
        }
    }
}
