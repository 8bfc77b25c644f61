package dev.holdfast.gateway.workers;

import dev.holdfast.metadata.ScrubRows;
import dev.holdfast.model.PackId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the scrub of a pack forward when a user's read of it went wrong, whichever process serves
 * the user and whichever scrubs. Never waits, and forgets what does not fit: the next bad read, or
 * the scrub's own cycle, comes in any case.
 */
final class Urges implements Consumer<PackId>, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Urges.class);
    private static final int WAITING_MAX = 256;
    private static final int REMEMBERED_MAX = 1_000;
    private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(5);

    private final ScrubRows scrub;
    private final BlockingQueue<PackId> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final Thread thread;

    /** Only the thread's own: when a pack was urged last. */
    private final Map<PackId, Long> urged =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<PackId, Long> eldest) {
                    return size() > REMEMBERED_MAX;
                }
            };

    Urges(ScrubRows scrub) {
        this.scrub = scrub;
        this.thread = Thread.ofVirtual().name("urge-scrub").start(this::loop);
    }

    @Override
    public void accept(PackId pack) {
        if (!waiting.offer(pack)) {
            log.debug("pack {} waits for the scrub's own time", pack);
        }
    }

    private void loop() {
        try {
            while (true) {
                PackId pack = waiting.take();
                Long before = urged.get(pack);
                long now = System.nanoTime();
                if (before == null || now - before > AGAIN_NANOS) {
                    urge(pack);
                    urged.remove(pack);
                    urged.put(pack, now);
                }
            }
        } catch (InterruptedException e) {
            log.debug("no scrub is brought forward any more");
        }
    }

    private void urge(PackId pack) {
        try {
            scrub.urge(pack);
            log.info("the scrub of pack {} is brought forward: a read of it went wrong", pack);
        } catch (RuntimeException e) {
            log.warn("the scrub of pack {} could not be brought forward", pack, e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            if (!thread.join(CLOSE_WAIT_MAX)) {
                log.debug("the last pack is being urged still");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
