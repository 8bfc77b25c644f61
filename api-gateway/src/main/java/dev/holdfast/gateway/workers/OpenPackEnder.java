package dev.holdfast.gateway.workers;

import dev.holdfast.metadata.WorkLeases;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the packs that this process writes when a collection anywhere asks for it, which it does by
 * holding a lease: each holder is heard once. Every process that writes packs has one, whether it
 * works or only serves.
 */
final class OpenPackEnder implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OpenPackEnder.class);
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(5);

    private final WorkLeases leases;
    private final Runnable endOpenPacks;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private String heard = "";

    OpenPackEnder(WorkLeases leases, Runnable endOpenPacks) {
        this.leases = leases;
        this.endOpenPacks = endOpenPacks;
        this.thread = Thread.ofVirtual().name("open-packs").start(this::loop);
    }

    private void loop() {
        try {
            while (!closing.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    leases.holder(WorkLeases.OPEN_PACKS).ifPresent(this::hear);
                } catch (RuntimeException e) {
                    log.debug("whether packs should be ended cannot be read now", e);
                }
            }
        } catch (InterruptedException e) {
            log.debug("interrupted");
        }
    }

    private void hear(WorkLeases.Held lease) {
        if (!lease.holder().equals(heard)) {
            endOpenPacks.run();
            heard = lease.holder();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            if (!thread.join(CLOSE_WAIT_MAX)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
